"""AES in CFB128 by two contexts that live as long as the key. Source: RFC 3826, NIST SP 800-38A section 6.3.

A new CFB context a message costs 6 us; the contexts here are never made anew and need one call a message:

- Encrypting. With C0 the initialisation vector, P the plain blocks and Oi = E(Ci-1), CFB is Ci = Pi ^ Oi, so
  Oi+1 = E(Pi ^ Oi): the key stream O is what CBC makes of (C0, P1, P2, ...). A CBC context that goes on from
  message to message has its last output S in its chain; the first block is given as C0 ^ S to cancel it.
- Decrypting. The key stream is E of the blocks C0, C1, ...: one call of ECB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netwatch.late import late

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
else:
    ciphers = late("cryptography.hazmat.primitives.ciphers")
    algorithms = late("cryptography.hazmat.primitives.ciphers.algorithms")
    modes = late("cryptography.hazmat.primitives.ciphers.modes")

BLOCK_BYTES: Final = 16
_BLOCK_MASK: Final = (1 << 128) - 1


class AesCfb:
    """Encrypts and decrypts with one key. Not for several threads at once."""

    __slots__ = ("_blocks", "_chain", "_chained")

    def __init__(self, key: bytes) -> None:
        algorithm = algorithms.AES(key)
        self._blocks: ciphers.CipherContext = ciphers.Cipher(
            algorithm, modes.ECB()
        ).encryptor()  # the key stream of CFB
        self._chained: ciphers.CipherContext = ciphers.Cipher(algorithm, modes.CBC(bytes(BLOCK_BYTES))).encryptor()
        self._chain = 0

    def encrypt(self, plain: bytes, vector: int) -> bytes:
        """As many bytes as `plain` has (at least one); `vector` is the initialisation vector as a number."""
        size = len(plain)
        rest = -size % BLOCK_BYTES
        whole = (vector ^ self._chain).to_bytes(BLOCK_BYTES) + plain[: size + rest - BLOCK_BYTES]
        stream = int.from_bytes(self._chained.update(whole))
        self._chain = stream & _BLOCK_MASK
        return (int.from_bytes(plain) ^ stream >> rest * 8).to_bytes(size)

    def decrypt(self, secret: bytes, vector: bytes) -> bytes:
        """As many bytes as `secret` has (at least one)."""
        size = len(secret)
        rest = -size % BLOCK_BYTES
        stream = int.from_bytes(self._blocks.update(vector + secret[: size + rest - BLOCK_BYTES]))
        return (int.from_bytes(secret) ^ stream >> rest * 8).to_bytes(size)
