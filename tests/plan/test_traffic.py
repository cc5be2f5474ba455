"""What a program moves through HBM: all that an operation reads and writes, and no more of it than it does."""

import pytest

from kcjax.plan.hlo import parse
from kcjax.plan.traffic import Traffic

MIB = 2**20
BIG = "f32[512,512]{1,0:T(8,128)}"  # a MiB


def moved(body: str, *, others: str = "") -> float:
    """By `%it`, an instruction of a program with arguments: `%a` and `%b` of a MiB, `%many` of 8, `%n` a number."""
    text = f"""
{others}
ENTRY %main (a: f32[512,512]) -> f32[] {{
  %a = {BIG} parameter(0)
  %b = {BIG} parameter(1)
  %many = f32[8,512,512]{{2,1,0:T(8,128)}} parameter(2)
  %n = s32[] parameter(3)
  {body}
}}
"""
    computations, entry = parse(text)
    return Traffic(computations)(entry, computations[entry]["it"]) / MIB


@pytest.mark.parametrize(
    ("instruction", "mib"),
    [
        (f'%it = {BIG} add(%a, %b), metadata={{op_name="add(%c)"}}', 3),
        ("%it = f32[512,512]{1,0:T(8,128)S(1)} add(%a, %b)", 2),  # the result stays beside the processor
        (f"%it = {BIG} dynamic-slice(%many, %n), dynamic_slice_sizes={{1,512,512}}", 2),
        ("%it = f32[8,512,512]{2,1,0} dynamic-update-slice(%many, %a, %n)", 2),
        (f"%it = ({BIG}, f32[8,512,512]{{2,1,0}}) tuple(%a, %many)", 0),
        (f"%it = ({BIG}, {BIG}) copy-start(%a)", 0),
    ],
)
def test_operations_move_operands_and_results(instruction, mib):
    assert moved(f"ROOT {instruction}") == pytest.approx(mib, abs=0.01)


def test_a_fusion_reads_of_a_stack_the_layer_it_slices_and_writes_in_place_the_layer_it_updates():
    others = f"""
%inner (p0: f32[8,512,512], p1: s32[]) -> f32[512,512] {{
  %p0 = f32[8,512,512]{{2,1,0}} parameter(0)
  %p1 = s32[] parameter(1)
  %one = f32[1,512,512]{{2,1,0}} dynamic-slice(%p0, %p1), dynamic_slice_sizes={{1,512,512}}
  ROOT %flat = {BIG} bitcast(%one)
}}

%fused (q0: f32[8,512,512], q1: f32[512,512], q2: s32[]) -> f32[8,512,512] {{
  %q0 = f32[8,512,512]{{2,1,0}} parameter(0)
  %q1 = {BIG} parameter(1)
  %q2 = s32[] parameter(2)
  %layer = {BIG} fusion(%q0, %q2), kind=kLoop, calls=%inner
  %sum = {BIG} add(%layer, %q1)
  %new = f32[1,512,512]{{2,1,0}} bitcast(%sum)
  ROOT %stack = f32[8,512,512]{{2,1,0}} dynamic-update-slice(%q0, %new, %q2)
}}
"""
    fusion = "f32[8,512,512]{2,1,0} fusion(%many, %a, %n), kind=kLoop, calls=%fused"
    assert moved(f"ROOT %it = {fusion}", others=others) == pytest.approx(3, abs=0.01)


def test_what_a_fusion_uses_whole_and_in_part_is_read_whole():
    others = f"""
%fused (q0: f32[512,512], q1: s32[]) -> f32[512,512] {{
  %q0 = {BIG} parameter(0)
  %q1 = s32[] parameter(1)
  %row = f32[1,512]{{1,0}} dynamic-slice(%q0, %q1), dynamic_slice_sizes={{1,512}}
  %rows = {BIG} broadcast(%row), dimensions={{0,1}}
  ROOT %sum = {BIG} add(%q0, %rows)
}}
"""
    assert moved(f"ROOT %it = {BIG} fusion(%a, %n), calls=%fused", others=others) == pytest.approx(2, abs=0.01)
