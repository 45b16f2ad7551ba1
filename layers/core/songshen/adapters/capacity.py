"""How many candidates can be served at once."""

from songshen.domain.exam import Exam


class OnDemandCapacity:
    """`ports.Capacity` of a stack in which everything scales by itself, and nothing is kept warm."""

    def warm(self, exam: Exam) -> None:
        """Nothing is to be done."""

    def scale_down(self, exam: Exam) -> None:
        """Nothing is to be taken back."""
