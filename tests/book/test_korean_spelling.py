"""The spelling of Korean words: right and wrong ones, and a notebook that is refused."""

from __future__ import annotations

import pytest
from korean_spelling import RULES, is_spelled
from parity import assert_refused, prose, rules_broken_by

RIGHT = (
    "집을 신경망을 시드이고 커널로 드롭아웃으로 유닛마다의 윈도우별로 시점까지의 에서처럼 "
    "경로뿐입니다 역전파합니다 포화시키면 초기화되어 더해집니다 합쳐진 입력받으면 서른두"
)
WRONG = (
    "집를 신경망를 시드이를 커널으로 드롭아웃로 유닛를 윈도우을 순젼파 은익층 행열 "
    "학습율 몇일 됬습니다 않됩니다 더해짐니다 계산됀다 초기화됬다"
)


@pytest.mark.parametrize("word", RIGHT.split())
def test_right_words_pass(word):
    assert is_spelled(word)


@pytest.mark.parametrize("word", WRONG.split())
def test_wrong_words_are_found(word):
    assert not is_spelled(word)


def test_a_notebook_with_a_wrong_particle_is_refused():
    def wrong():
        return prose("신경망를 학습시킵니다.", "Train the network.")

    assert_refused(wrong(), "more-ko", "spelling: 신경망를")
    assert set(RULES) <= rules_broken_by([wrong()])
