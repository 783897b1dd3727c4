"""Masks from the numbers of torch's generator, a Mersenne Twister, in LLVM's language.

A mask draws one number for each of its elements, and drops where the number is below the rate. The
numbers come in stretches of 624 words: all are renewed at once, then read one after another::

    for each stretch:
        renew:  word[k] = word[k + 397] ^ twist(word[k], word[k + 1])        places modulo 624
        for each element:  u = 24 bits of temper(word[k]);  out = 0 where u < limit, else kept

The loops are written for one word; LLVM makes vectors of them. A word has 32 bits, but 64 in the
state that torch gives out. See Matsumoto and Nishimura (1998), "Mersenne Twister", ACM Transactions
on Modeling and Computer Simulation 8(1), table II.
"""

from __future__ import annotations

#: Words of the state, and how far the word is that goes into a new one.
WORDS, AHEAD = 624, 397

#: Bits of a word that make a number in float32.
BITS = 24

#: Bytes of a state, and where in it are: one more than the number of words that are left (32 bits),
#: the next word's place (64 bits), the words. torch calls it CPUGeneratorImplStateLegacy.
STATE = 5056
_LEFT, _NEXT, _WORDS = 8, 16, 24

_TWIST = 0x9908B0DF
_TEMPER = (0x9D2C5680, 0xEFC60000)


def module() -> str:
    """Return the text of two functions, ``@truths(state, out, count, limit, kept)``, ``@numbers``.

    `out` gets `count` elements: of ``@truths`` a byte, 1 where the element is dropped; of
    ``@numbers`` 32 bits, 0 where it is dropped and `kept` elsewhere.
    """
    truths = _fill("truths", "i8", "zext i1 %dropped to i8")
    numbers = _fill("numbers", "i32", "select i1 %dropped, i32 0, i32 %kept")
    return "\n".join((_new_word(), _renew(), _temper(), truths, numbers)) + "\n"


def _new_word() -> str:
    """Return the function of one new word."""
    return f"""define internal i32 @new_word(i32 %word, i32 %next, i32 %ahead) alwaysinline {{
  %high = and i32 %word, {1 << 31}
  %low = and i32 %next, {(1 << 31) - 1}
  %both = or i32 %high, %low
  %half = lshr i32 %both, 1
  %odd = and i32 %next, 1
  %all = sub i32 0, %odd
  %twist = and i32 %all, {_TWIST}
  %mixed = xor i32 %ahead, %half
  %new = xor i32 %mixed, %twist
  ret i32 %new
}}
define internal i32 @load(ptr %words, i64 %k) alwaysinline {{
  %at = getelementptr i64, ptr %words, i64 %k
  %long = load i64, ptr %at
  %word = trunc i64 %long to i32
  ret i32 %word
}}
define internal void @store(i32 %word, ptr %words, i64 %k) alwaysinline {{
  %at = getelementptr i64, ptr %words, i64 %k
  %long = zext i32 %word to i64
  store i64 %long, ptr %at
  ret void
}}"""


def _renew() -> str:
    """Return the function that renews all words; the last one's neighbour is the first one."""
    loops = (
        _words("start", 0, WORDS - AHEAD, AHEAD, "entry", "rest"),
        _words("rest", WORDS - AHEAD, WORDS - 1, AHEAD - WORDS, "start", "last"),
    )
    last, far = WORDS - 1, AHEAD - 1
    return f"""define internal void @renew(ptr %words) noinline {{
entry:
  br label %start
{"".join(loops)}last:
  %last.word = call i32 @load(ptr %words, i64 {last})
  %first.word = call i32 @load(ptr %words, i64 0)
  %far.word = call i32 @load(ptr %words, i64 {far})
  %last.new = call i32 @new_word(i32 %last.word, i32 %first.word, i32 %far.word)
  call void @store(i32 %last.new, ptr %words, i64 {last})
  ret void
}}"""


def _words(name: str, start: int, end: int, ahead: int, before: str, after: str) -> str:
    """Return the loop over some words."""
    return f"""{name}:
  %{name}.k = phi i64 [{start}, %{before}], [%{name}.k1, %{name}]
  %{name}.k1 = add nuw nsw i64 %{name}.k, 1
  %{name}.m = add nsw i64 %{name}.k, {ahead}
  %{name}.word = call i32 @load(ptr %words, i64 %{name}.k)
  %{name}.next = call i32 @load(ptr %words, i64 %{name}.k1)
  %{name}.ahead = call i32 @load(ptr %words, i64 %{name}.m)
  %{name}.new = call i32 @new_word(i32 %{name}.word, i32 %{name}.next, i32 %{name}.ahead)
  call void @store(i32 %{name}.new, ptr %words, i64 %{name}.k)
  %{name}.more = icmp ult i64 %{name}.k1, {end}
  br i1 %{name}.more, label %{name}, label %{after}
"""


def _temper() -> str:
    """Return the function that makes a word the number to be used."""
    one, two = _TEMPER
    return f"""define internal i32 @temper(i32 %word) alwaysinline {{
  %a = lshr i32 %word, 11
  %b = xor i32 %word, %a
  %c = shl i32 %b, 7
  %d = and i32 %c, {one}
  %e = xor i32 %b, %d
  %f = shl i32 %e, 15
  %g = and i32 %f, {two}
  %h = xor i32 %e, %g
  %i = lshr i32 %h, 18
  %j = xor i32 %h, %i
  ret i32 %j
}}"""


def _fill(name: str, element: str, result: str) -> str:
    """Return a function that fills an array."""
    return f"""define void @{name}(
  ptr noalias %state, ptr noalias %out, i64 %count, i32 %limit, i32 %kept
) {{
entry:
  %left.at = getelementptr i8, ptr %state, i64 {_LEFT}
  %next.at = getelementptr i8, ptr %state, i64 {_NEXT}
  %words = getelementptr i8, ptr %state, i64 {_WORDS}
  %left32 = load i32, ptr %left.at
  %left.old = sext i32 %left32 to i64
  %next.old = load i64, ptr %next.at
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %stretch, label %end
stretch:
  %done = phi i64 [0, %entry], [%done1, %stretchend]
  %left = phi i64 [%left.old, %entry], [%left1, %stretchend]
  %next = phi i64 [%next.old, %entry], [%next1, %stretchend]
  %none = icmp sle i64 %left, 1
  br i1 %none, label %renew, label %read
renew:
  call void @renew(ptr %words)
  br label %read
read:
  %left.now = select i1 %none, i64 {WORDS + 1}, i64 %left
  %next.now = select i1 %none, i64 0, i64 %next
  %ready = sub i64 %left.now, 1
  %rest = sub i64 %count, %done
  %fits = icmp slt i64 %ready, %rest
  %many = select i1 %fits, i64 %ready, i64 %rest
  %to = getelementptr {element}, ptr %out, i64 %done
  br label %element
element:
  %k = phi i64 [0, %read], [%k1, %element]
  %place = add nuw nsw i64 %next.now, %k
  %word = call i32 @load(ptr %words, i64 %place)
  %number = call i32 @temper(i32 %word)
  %u = and i32 %number, {(1 << BITS) - 1}
  %dropped = icmp ult i32 %u, %limit
  %value = {result}
  %to.k = getelementptr {element}, ptr %to, i64 %k
  store {element} %value, ptr %to.k
  %k1 = add nuw nsw i64 %k, 1
  %more = icmp slt i64 %k1, %many
  br i1 %more, label %element, label %stretchend
stretchend:
  %done1 = add i64 %done, %many
  %left1 = sub i64 %left.now, %many
  %next1 = add i64 %next.now, %many
  %again = icmp slt i64 %done1, %count
  br i1 %again, label %stretch, label %store
store:
  %left.new = trunc i64 %left1 to i32
  store i32 %left.new, ptr %left.at
  store i64 %next1, ptr %next.at
  br label %end
end:
  ret void
}}"""
