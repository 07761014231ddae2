"""What a policy sees, what it says, and the card that states both.

SI units. Body frame FLU (x forward, y left, z up), world frame ENU (REP 103).
"""

from .card import SCHEMA_VERSION, Domain, GoldenRollout, PolicyCard, Score, Timing
from .command import STOP, VELOCITY, Command, CommandCard, CommandField, velocity, velocity_card
from .events import (
    NANOSECONDS,
    PERSON,
    PLACE,
    TICK,
    Event,
    Frame,
    Goal,
    Image,
    ImuSample,
    Intrinsics,
    Observation,
    Reading,
)
from .inputs import (
    InputCard,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    vector_input,
)
from .record import Count, NotNegative, Positive, Range, Record, Share, read

__all__ = [
    "NANOSECONDS",
    "PERSON",
    "PLACE",
    "SCHEMA_VERSION",
    "STOP",
    "TICK",
    "VELOCITY",
    "Command",
    "CommandCard",
    "CommandField",
    "Count",
    "Domain",
    "Event",
    "Frame",
    "Goal",
    "GoldenRollout",
    "Image",
    "ImuSample",
    "InputCard",
    "Intrinsics",
    "NotNegative",
    "Observation",
    "PolicyCard",
    "Positive",
    "Range",
    "Reading",
    "Record",
    "Score",
    "Share",
    "Timing",
    "goal_input",
    "image_input",
    "imu_input",
    "odometry_input",
    "read",
    "vector_input",
    "velocity",
    "velocity_card",
]
