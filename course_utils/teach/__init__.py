"""Exercise checks and hints, quizzes, bets, your picture."""

from .bets import Bets
from .picture import upload, your_picture

__all__ = ["Bets", "upload", "your_picture"]
