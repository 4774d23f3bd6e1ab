"""What tests of definitions share: the error of a definition that must be refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netproof.errors import DefinitionError


def refused(make: Callable[[], object]) -> DefinitionError:
    """The error of a definition that must be refused; it reads as every such error does."""
    with pytest.raises(DefinitionError) as caught:
        make()
    error = caught.value
    assert error.field
    assert error.field in str(error)
    assert repr(error.value) in str(error)
    assert error.remedy
    assert str(error).endswith(error.remedy)
    return error
