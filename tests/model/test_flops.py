from flax import nnx

from kcjax.model.flops import adapter_weights, matrix_weights, model_flops
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.model.shapes import SHAPES

LLAMA = SHAPES["llama2_7b"]


def test_weights_are_those_that_the_model_has():
    assert matrix_weights(LLAMA) == 6_738_415_616 - 32000 * 4096 - 65 * 4096  # all but embedding and norms
    shape, lora = SHAPES["smollm2_135m"], LoraConfig(rank=8, targets=("q", "k", "o", "down"))

    def made():
        model = Llama(shape, rngs=nnx.Rngs(0))
        add_lora(model, lora, rngs=nnx.Rngs(0))
        return model

    adapters = nnx.to_flat_state(nnx.state(nnx.eval_shape(made), LoraParam))
    assert adapter_weights(shape, lora) == sum(variable.size for _, variable in adapters)


def test_flops_are_those_of_the_formula():
    assert model_flops(LLAMA, tokens=1, length=2048) == 6 * matrix_weights(LLAMA) + 6 * 2048 * 4096 * 32
    lora = LoraConfig(rank=8)
    assert model_flops(LLAMA, tokens=2, length=0, lora=lora) == 2 * (
        4 * matrix_weights(LLAMA) + 6 * adapter_weights(LLAMA, lora)
    )
