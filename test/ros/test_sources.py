"""What messages say becomes the contract's values, or is refused with a reason."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from liquid_control_sim.messages import (
    to_camera_info,
    to_image,
    to_imu,
    to_joint_state,
    to_odometry,
)
from liquid_control_sim.vehicles import Truth
from sensor_msgs.msg import CameraInfo, JointState
from std_msgs.msg import String

from liquid_control.contract import (
    Frame,
    Goal,
    ImuSample,
    Intrinsics,
    Reading,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    vector_input,
)
from liquid_control.errors import ConfigError
from liquid_control.nodes.sources import SOURCES
from liquid_control.nodes.sources.goal import GoalSource
from liquid_control.nodes.sources.image import ImageSource
from liquid_control.nodes.sources.imu import ImuSource
from liquid_control.nodes.sources.odometry import OdometrySource
from liquid_control.nodes.sources.vector import VectorSource
from liquid_control.safety.faults import Fault, Problem
from liquid_control.sensors import STREAMS

STAMP_NS = 12_345_678_901
RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (5, 7, 3), np.uint8)


def test_every_kind_of_input_has_a_source():
    assert set(SOURCES.names()) >= set(STREAMS.names())


def image_source(name="image"):
    return ImageSource(name, image_input())


def encoded(encoding, padding=0):
    """Return the message of IMAGE in an encoding, its rows padded."""
    alpha = np.full((5, 7, 1), 9, np.uint8)
    pixels = {
        "rgb8": IMAGE,
        "bgr8": IMAGE[..., ::-1],
        "rgba8": np.concatenate([IMAGE, alpha], axis=2),
        "bgra8": np.concatenate([IMAGE[..., ::-1], alpha], axis=2),
        "mono8": IMAGE[..., :1],
    }[encoding]
    rows = pixels.reshape(5, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    message = to_image(Frame(STAMP_NS, IMAGE, None, "left"), STAMP_NS)
    message.encoding, message.step = encoding, rows.shape[1]
    message.data = rows.tobytes()
    return message


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8", "mono8"])
def test_every_encoding_becomes_the_same_rgb_image_and_padding_is_left_out(encoding, padding):
    frame = image_source().to_value(encoded(encoding, padding))
    expected = np.repeat(IMAGE[..., :1], 3, axis=2) if encoding == "mono8" else IMAGE
    assert np.array_equal(frame.image, expected)
    assert frame.image.shape == (5, 7, 3)
    assert (frame.stamp_ns, frame.frame_id, frame.intrinsics) == (STAMP_NS, "left", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("encoding", "bayer_rggb8"), ("step", 20), ("height", 6), ("width", 8), ("height", 0)],
)
def test_an_image_that_does_not_fit_its_own_words_is_a_problem_in_one_line(field, value):
    message = encoded("rgb8")
    setattr(message, field, value)
    problem = image_source().read(message)
    assert isinstance(problem, Problem)
    assert problem.fault is Fault.CAMERA_INVALID
    assert "\n" not in problem.detail


def test_camera_info_gives_the_frames_geometry_in_its_own_pixels():
    source = image_source()
    lens = Intrinsics(100.0, 101.0, 14.0, 10.5)
    large = Frame(0, np.zeros((20, 28, 3), np.uint8), lens, "left")
    source.calibrate(to_camera_info(large, 0))
    assert source.to_value(encoded("rgb8")).intrinsics == Intrinsics(25.0, 25.25, 3.5, 2.625)


def test_an_uncalibrated_camera_info_says_nothing():
    source = image_source()
    source.calibrate(CameraInfo(width=7, height=5))
    assert source.to_value(encoded("rgb8")).intrinsics is None


def test_of_two_cameras_calibrations_the_one_with_the_images_frame_counts():
    source = image_source()
    for name, focal in (("right", 9.0), ("left", 4.0)):
        frame = Frame(0, IMAGE, Intrinsics(focal, focal, 3.5, 2.5), name)
        source.calibrate(to_camera_info(frame, 0))
    assert source.to_value(encoded("rgb8")).intrinsics.fx == 4.0


def test_an_imus_numbers_arrive_exactly():
    sample = ImuSample(STAMP_NS, (0.1, -0.2, 1 / 3), (1e-9, -9.81, 2.0))
    source = ImuSource("imu", imu_input())
    assert source.to_value(to_imu(sample, STAMP_NS)) == sample


@pytest.mark.parametrize("field", ["angular_velocity", "linear_acceleration"])
def test_an_imu_whose_driver_says_that_it_lacks_a_sensor_is_a_problem(field):
    message = to_imu(ImuSample(0, (0.0,) * 3, (0.0,) * 3), STAMP_NS)
    getattr(message, f"{field}_covariance")[0] = -1.0
    problem = ImuSource("imu", imu_input()).read(message)
    assert problem.fault is Fault.IMU_INVALID
    assert "covariance -1" in problem.detail


def test_samples_of_a_second_imu_on_the_topic_are_a_problem():
    source = ImuSource("imu", imu_input())
    message = to_imu(ImuSample(0, (0.0,) * 3, (0.0,) * 3), STAMP_NS)
    source.read(message)
    message.header.frame_id = "other_imu"
    assert "two IMUs" in source.read(message).detail


def mounted(text):
    """An IMU source that has read its mounting from a node's parameter."""
    node = SimpleNamespace(
        get_parameter=lambda name: SimpleNamespace(value=text),
        resolve_topic_name=lambda name: f"/{name}",
        create_subscription=lambda *given: None,
    )
    source = ImuSource("imu", imu_input())
    source.open(node, print, lockstep=False)
    return source


@pytest.mark.parametrize(
    ("mounting", "gravity"),
    [
        ("0 0 0", (0.0, 0.0, 9.81)),
        ("180 0 0", (0.0, 0.0, -9.81)),
        ("90 0 0", (0.0, -9.81, 0.0)),
        ("0 90 0", (9.81, 0.0, 0.0)),
        ("90 0 90", (9.81, 0.0, 0.0)),
    ],
)
def test_an_imu_that_is_mounted_otherwise_is_turned_into_the_body(mounting, gravity):
    """Roll, pitch, yaw about fixed axes: what the IMU calls up, the body calls this."""
    message = to_imu(ImuSample(0, (0.0, 0.0, 1.0), (0.0, 0.0, 9.81)), STAMP_NS)
    sample = mounted(mounting).to_value(message)
    assert sample.accelerometer_m_s2 == pytest.approx(gravity, abs=1e-12)
    assert sample.gyro_rad_s == pytest.approx([g / 9.81 for g in gravity], abs=1e-12)


@pytest.mark.parametrize("text", ["", "1 2", "1 2 x", "nan 0 0", "0 0 0 0"])
def test_a_mounting_that_is_no_three_angles_is_refused_in_one_line(text):
    setting = ImuSource("imu", imu_input()).settings()[0]
    refusal = setting.check(text)
    assert f"found '{text}'" in refusal and "\n" not in refusal


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("blue barrel", Goal("barrel", "blue")),
        ("follow red chair", Goal("chair", "red", "follow")),
        ("pass blue 'oil drum'", Goal("oil drum", "blue", "pass")),
    ],
)
def test_a_goal_is_words_that_a_person_writes(text, goal):
    source = GoalSource("goal", goal_input(("barrel",), ("blue",)))
    assert source.to_value(String(data=text)) == goal


@pytest.mark.parametrize("text", ["", "barrel", "go to blue barrel", "'blue"])
def test_a_goal_of_other_words_is_a_problem_that_says_what_is_expected(text):
    problem = GoalSource("goal", goal_input(("barrel",), ("blue",))).read(String(data=text))
    assert problem.fault is Fault.GOAL_UNKNOWN
    assert "expected 'colour kind'" in problem.detail


def quaternion(roll, pitch, yaw):
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


TILTED = Truth(1.0, (1.0, 2.0, 3.0), (0.4, -0.3, 0.2), 0.7, 0.5, quaternion(0.3, -0.2, 0.7))


def test_odometry_of_a_tilted_vehicle_has_its_whole_orientation_and_a_body_frame_twist():
    message = to_odometry(TILTED, STAMP_NS)
    q = message.pose.pose.orientation
    assert (q.w, q.x, q.y, q.z) == TILTED.quaternion
    v = message.twist.twist.linear
    speed = math.sqrt(sum(c * c for c in TILTED.velocity_m_s))
    assert math.sqrt(v.x**2 + v.y**2 + v.z**2) == pytest.approx(speed)
    c, s = math.cos(0.7), math.sin(0.7)
    assert v.x != pytest.approx(c * 0.4 - s * 0.3)  # heading-aligned it would be


def test_odometry_becomes_heading_aligned_velocity_yaw_rate_and_height():
    reading = OdometrySource("odometry", odometry_input()).to_value(to_odometry(TILTED, STAMP_NS))
    c, s = math.cos(0.7), math.sin(0.7)
    expected = (c * 0.4 - s * 0.3, -s * 0.4 - c * 0.3, 0.2, 0.5, 3.0)
    assert reading.values == pytest.approx(expected, abs=1e-12)
    assert reading.stamp_ns == STAMP_NS


def test_an_odometry_sensors_reading_survives_the_topic():
    given = Reading(STAMP_NS, (0.31, -0.12, 0.05, -0.4, 1.7))
    message = to_odometry(TILTED, STAMP_NS, given)
    reading = OdometrySource("odometry", odometry_input()).to_value(message)
    assert reading.values == pytest.approx(given.values, abs=1e-12)


def test_named_numbers_are_taken_in_the_order_of_the_card():
    source = VectorSource("range", vector_input(("left", "right")))
    message = to_joint_state(Reading(0, (3.0, 1.0, 2.0)), STAMP_NS, ["other", "right", "left"])
    assert source.to_value(message) == Reading(STAMP_NS, (2.0, 1.0))


def test_a_missing_number_is_named():
    source = VectorSource("range", vector_input(("left", "right")))
    with pytest.raises(ConfigError, match="found no right"):
        source.to_value(JointState(name=["left", "right"], position=[1.0]))
