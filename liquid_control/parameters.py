"""ROS parameters with a range and a description each; what does not fit is refused in one line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import ConfigError

if TYPE_CHECKING:
    from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
    from rclpy.node import Node


@dataclass(frozen=True)
class Setting:
    """One parameter; its type is that of its default.

    Attributes:
        text: what it is, for `ros2 param describe`.
        low: least number.
        high: greatest number.
        refuses: returns what is wrong with a value of the right type; nothing if it can be taken.
        takes: is given each new value at once; what has it may change at any time.
    """

    name: str
    default: bool | int | float | str
    text: str
    low: float = -math.inf
    high: float = math.inf
    refuses: Callable[[Any], str] = field(default=lambda value: "", compare=False)
    takes: Callable[[Any], object] | None = field(default=None, compare=False)

    def check(self, value: Any) -> str:
        """Return what is wrong with a value, nothing if it can be taken."""
        kind = type(self.default)
        taken = (int, float) if kind is float else (kind,)
        if not isinstance(value, taken) or (kind is not bool and isinstance(value, bool)):
            words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
            return f"{self.name}: expected {words[kind]}, found {value!r}"
        if isinstance(value, int | float) and not self.low <= value <= self.high:
            return f"{self.name}: expected {self.low:g} to {self.high:g}, found {value}"
        return self.refuses(value)

    def descriptor(self) -> ParameterDescriptor:
        """Return the parameter's descriptor; a whole number is taken for a real one."""
        from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

        descriptor = ParameterDescriptor(description=self.text)
        descriptor.dynamic_typing = isinstance(self.default, float)
        if math.isfinite(self.low) and math.isfinite(self.high):
            if isinstance(self.default, float):
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
                ]
            elif isinstance(self.default, int):
                descriptor.integer_range = [
                    IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
                ]
        return descriptor


class Parameters:
    """The parameters of one node, and who may change them when.

    Args:
        node: on which they are declared.
        fixed: returns why a parameter of that name cannot change now; nothing if it can.
        together: returns what is wrong with all values, by name, as they would be.
    """

    def __init__(
        self,
        node: Node,
        fixed: Callable[[str], str] = lambda name: "",
        together: Callable[[dict[str, Any]], str] = lambda values: "",
    ) -> None:
        self._node, self._fixed, self._together = node, fixed, together
        self._settings: dict[str, Setting] = {}
        self._refused = ""
        node.add_on_set_parameters_callback(self._on_set)

    def declare(self, settings: Iterable[Setting]) -> None:
        """Declare parameters; a value from the command line or a file is checked.

        Raises:
            ConfigError: the first value that is not one that can be used.
        """
        from rclpy.exceptions import ParameterException

        for setting in settings:
            self._settings[setting.name] = setting
            try:
                self._node.declare_parameter(setting.name, setting.default, setting.descriptor())
            except ParameterException:
                del self._settings[setting.name]
                given = self._node._parameter_overrides.get(setting.name)
                reason = (given and setting.check(given.value)) or self._refused
                raise ConfigError(f"parameter {reason}; set it in the parameter file") from None

    def forget(self, kept: Iterable[Setting]) -> None:
        """Take back every parameter but these."""
        names = {setting.name for setting in kept}
        for name in [name for name in self._settings if name not in names]:
            del self._settings[name]
            self._node.undeclare_parameter(name)

    def refuse_unknown(self, prefixes: tuple[str, ...]) -> None:
        """Refuse a given value that nobody declared: somebody relies on what has no effect.

        Raises:
            ConfigError: the name, and those that there are.
        """
        for name in self._node._parameter_overrides:
            if name.startswith(prefixes) and name not in self._settings:
                known = ", ".join(n for n in self._settings if n.startswith(prefixes))
                raise ConfigError(
                    f"parameter {name}: there is none of that name; there is {known}"
                )

    def __getitem__(self, setting: Setting) -> Any:
        """Return a parameter's value in the type of its default."""
        return value(self._node, setting)

    def _on_set(self, parameters: list[Any]) -> SetParametersResult:
        """Refuse what is no value of its parameter, and what would have no effect now."""
        from rcl_interfaces.msg import SetParametersResult

        for parameter in parameters:
            setting = self._settings.get(parameter.name)
            if setting is None:
                continue
            reason = setting.check(parameter.value)
            if not reason and setting.takes is None and self._node.has_parameter(parameter.name):
                reason = self._fixed(parameter.name)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        values = {n: self[s] for n, s in self._settings.items() if self._node.has_parameter(n)}
        values |= {p.name: p.value for p in parameters}
        reason = self._refused = self._together(values)
        if not reason:
            self._hand_over(parameters)
        return SetParametersResult(successful=not reason, reason=reason)

    def _hand_over(self, parameters: list[Any]) -> None:
        """Give new values to those who take them at once; they read the first one themselves."""
        for parameter in parameters:
            setting = self._settings.get(parameter.name)
            if setting and setting.takes and self._node.has_parameter(parameter.name):
                setting.takes(parameter.value)


def value(node: Node, setting: Setting) -> Any:
    """Return a declared parameter's value in the type of its default."""
    return type(setting.default)(node.get_parameter(setting.name).value)
