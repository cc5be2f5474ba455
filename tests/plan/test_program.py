"""A compiled program is counted as it runs: loops as often as they turn, sending by the rings it is over."""

import pytest

from kcjax.plan.program import Collective, read_program

MESH = {"data": 2, "fsdp": 4}

# As the TPU compiler writes it, cut down.
TEXT = """
HloModule step, is_scheduled=true

%cond (p: (s32[], bf16[8,16])) -> pred[] {
  %limit = s32[]{:T(128)} constant(5)
  %p = (s32[], bf16[8,16]{1,0}) parameter(0)
  %turn = s32[] get-tuple-element(%p), index=0
  ROOT %less = pred[] compare(%turn, %limit), direction=LT
}

%fused (a: bf16[8,16], b: bf16[16,32]) -> bf16[8,32] {
  %a = bf16[8,16]{1,0} parameter(0)
  %b = bf16[16,32]{1,0} parameter(1)
  ROOT %product = bf16[8,32]{1,0} convolution(%a, %b), dim_labels=bf_io->bf
}

%async_collective_fusion.1 (x: bf16[4,32]) -> bf16[16,32] {
  %x = bf16[4,32]{1,0} parameter(0)
  ROOT %gathered = bf16[16,32]{1,0} all-gather(%x), channel_id=1, replica_groups={{0,1,2,3},{4,5,6,7}}, dimensions={0}
}

%body (p: (s32[], bf16[8,16])) -> (s32[], bf16[8,16]) {
  %p = (s32[], bf16[8,16]{1,0}) parameter(0)
  %x = bf16[8,16]{1,0} get-tuple-element(%p), index=1
  %w = bf16[16,32]{1,0} fusion(%x), kind=kCustom, calls=%async_collective_fusion.1
  %y = bf16[8,32]{1,0} fusion(%x, %w), kind=kOutput, calls=%fused
  %kernel.3 = bf16[1,2,8,16]{3,2,1,0} custom-call(%y), custom_call_target="tpu_custom_call"
  %sent = (bf16[8,16], bf16[8,16]) collective-permute-start(%x), source_target_pairs={{0,1},{1,2},{2,3},{3,0}}
  %came = bf16[8,16]{1,0} collective-permute-done(%sent)
  ROOT %t = (s32[], bf16[8,16]{1,0}) tuple(%x, %came)
}

ENTRY %main (x: bf16[8,16]) -> f32[] {
  %x = bf16[8,16]{1,0} parameter(0)
  %loop = (s32[], bf16[8,16]{1,0}) while(%x), condition=%cond, body=%body
  %sum = f32[1000]{0} all-reduce(%x), channel_id=3, replica_groups=mesh['a'=2,'b'=4] {'a'}, to_apply=%add
  ROOT %out = f32[] constant(0)
}
"""


def test_loops_count_as_often_as_they_turn():
    program = read_program(TEXT, MESH)
    assert program.flops == 5 * 2 * 8 * 32 * 16
    assert program.kernels == {"kernel": (5, ((1, 2, 8, 16),))}


@pytest.mark.parametrize(
    ("left", "right", "convolution", "products"),
    [
        ("8,16", "16,32", "bf16[8,32] convolution(%a, %b), dim_labels=bf_io->bf", 8 * 32 * 16),
        # Four products of matrices as one: a window with holes, of which every result sees one tap.
        (
            "4,8,16",
            "4,32,16",
            "bf16[4,8,32] convolution(%a, %b), window={size=4 stride=3 lhs_dilate=4}, dim_labels=0bf_0oi->0bf",
            4 * 8 * 32 * 16,
        ),
        (
            "1,8,16",
            "3,16,32",
            "bf16[1,6,32] convolution(%a, %b), window={size=3}, dim_labels=b0f_0io->b0f",
            6 * 3 * 16 * 32,
        ),
        (
            "1,8,16",
            "3,16,32",
            "bf16[1,8,32] convolution(%a, %b), window={size=3 pad=1_1}, dim_labels=b0f_0io->b0f",
            (8 * 3 - 2) * 16 * 32,
        ),
    ],
)
def test_of_a_window_only_what_is_inside_counts(left, right, convolution, products):
    text = f"""
ENTRY %main (x: bf16[8,16]) -> f32[] {{
  %a = bf16[{left}] parameter(0)
  %b = bf16[{right}] parameter(1)
  ROOT %product = {convolution}
}}
"""
    assert read_program(text, MESH).flops == 2 * products


def test_what_hosts_send_between_slices_counts_too():
    text = """
ENTRY %main (x: f32[8,16]) -> f32[] {
  %x = f32[8,16]{1,0} parameter(0)
  %token = token[] after-all()
  %send = (f32[8,16]{1,0:T(8,128)}, u32[], token[]) send(%x, %token), is_host_transfer=true, frontend_attributes={_xla_megascale_transfer_type="ALL_REDUCE"}
  %recv = (f32[8,16]{1,0:T(8,128)}, u32[], token[]) recv(%token), frontend_attributes={_xla_megascale_transfer_type="ALL_REDUCE"}
  ROOT %out = f32[] constant(0)
}
"""  # noqa: E501
    found = read_program(text, {"slice": 4, "fsdp": 2}).collectives
    assert found == (Collective("all-reduce", ("slice",), 8 * 16 * 4 * 2 * 3 / 4, 1, False),)


def test_what_is_sent_is_told_by_axes_and_by_whether_it_is_overlapped():
    assert set(read_program(TEXT, MESH).collectives) == {
        Collective("all-gather", ("fsdp",), 5 * 16 * 32 * 2 * 3 / 4, 5, True),
        Collective("collective-permute", ("fsdp",), 5 * 8 * 16 * 2, 5, True),
        Collective("all-reduce", ("data",), 1000 * 4 * 2 * 1 / 2, 1, False),
    }


@pytest.mark.parametrize(
    ("groups", "axes"),
    [
        ("{{0,4},{1,5},{2,6},{3,7}}", ("data",)),
        ("[2,4]<=[8]", ("fsdp",)),
        ("[4,2]<=[2,4]T(1,0)", ("data",)),
        ("mesh['x'=2,'y'=4] {'y'}", ("fsdp",)),
        ("{{0,1,2,3,4,5,6,7}}", ("data", "fsdp")),
    ],
)
def test_groups_of_devices_are_read_in_every_form(groups, axes):
    text = TEXT.replace("replica_groups=mesh['a'=2,'b'=4] {'a'}", f"replica_groups={groups}")
    (reduced,) = (c for c in read_program(text, MESH).collectives if c.kind == "all-reduce")
    assert reduced.axes == axes
