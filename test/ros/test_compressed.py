"""Cameras that send JPEG or PNG."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from sensor_msgs.msg import CameraInfo, CompressedImage

from liquid_control.contract import Frame, image_input
from liquid_control.nodes.sources.compressed import CompressedSource
from liquid_control.safety.faults import Fault

RGB = np.random.default_rng(0).integers(0, 256, (10, 14, 3), np.uint8).repeat(32, 0).repeat(32, 1)


def message(data, word="rgb8; jpeg compressed bgr8"):
    found = CompressedImage(format=word, data=data)
    found.header.frame_id = "camera"
    return found


def packed(rgb, kind, **options):
    file = io.BytesIO()
    Pillow.fromarray(rgb).save(file, kind, **options)
    return file.getvalue()


def source():
    return CompressedSource("image", image_input())


def test_a_png_comes_out_as_it_was():
    assert np.array_equal(source().to_image(message(packed(RGB, "PNG"), "png")), RGB)


def test_a_jpeg_shows_what_it_showed_and_no_more_pixels_than_a_policy_needs():
    image = source().to_image(message(packed(RGB, "JPEG", quality=95)))
    assert image.shape == (160, 224, 3)  # the policy sees 64 x 96
    middles = image[8::16, 8::16].astype(int)
    assert np.abs(middles - RGB[16::32, 16::32]).max() < 30


def test_a_grey_jpeg_has_three_equal_channels():
    image = source().to_image(message(packed(RGB[..., 0], "JPEG")))
    assert (image == image[..., :1]).all()


def test_the_geometry_of_the_whole_picture_holds_for_the_smaller_one():
    made = source()
    info = CameraInfo(width=448, height=320)
    info.header.frame_id = "camera"
    info.k[0], info.k[4], info.k[2], info.k[5] = 400.0, 400.0, 224.0, 160.0
    made.calibrate(info)
    frame = made.to_value(message(packed(RGB, "JPEG")))
    assert (frame.intrinsics.fx, frame.intrinsics.cy) == (200.0, 80.0)


def bomb():
    """A PNG that says that it is 60,000 pixels wide and high."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(head))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + packed(RGB, "PNG")[33:]
    )


@pytest.mark.parametrize(
    ("data", "word", "says"),
    [
        (b"", "jpeg", "found 0 bytes"),
        (b"GIF89a" + bytes(50), "gif", "found 56 bytes of neither"),
        (packed(RGB, "JPEG")[:900], "jpeg", "truncated"),
        (packed(RGB, "PNG")[:300], "png", "truncated"),
        (packed(RGB, "PNG"), "16UC1; compressedDepth png", "one of distances"),
        (bomb(), "png", "exceeds limit"),
    ],
    ids=["nothing", "gif", "half a jpeg", "half a png", "depth", "bomb"],
)
def test_what_is_no_picture_of_a_camera_is_a_problem_in_one_line(data, word, says):
    problem = source().read(message(data, word))
    assert problem.fault is Fault.CAMERA_INVALID
    assert says in problem.detail and "\n" not in problem.detail


@given(at=st.integers(0, 3000), byte=st.integers(0, 255), kind=st.sampled_from(["JPEG", "PNG"]))
def test_a_picture_that_is_damaged_anywhere_is_a_frame_or_a_problem(at, byte, kind):
    data = bytearray(packed(RGB, kind))
    data[at % len(data)] = byte
    found = source().read(message(bytes(data)))
    assert isinstance(found, Frame) or found.fault is Fault.CAMERA_INVALID


def test_a_policy_flies_on_compressed_images_of_a_topic_that_was_remapped(robot):
    r = robot(
        overrides={"sources.image": "compressed"},
        cli_args=["--ros-args", "-r", "image:=/camera/image_raw"],
    )
    r.image = r.node.create_publisher(CompressedImage, "/camera/image_raw/compressed", 10)
    r.start()
    for _ in range(3):
        count, stamp_ns = len(r.commands), r.now_ns()
        picture = r.rng.integers(0, 256, (64, 96, 3), np.uint8)
        sent = message(packed(picture, "JPEG"))
        sent.header.stamp.sec, sent.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        r.image.publish(sent)
        r.send_imu(stamp_ns)
        r.until(lambda n=count: len(r.commands) > n)
    assert r.faults() == ["camera_missing"] or not r.faults()
