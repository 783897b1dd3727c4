"""Put the functions of some passes into a module, and let LLVM make an object file from it."""

from __future__ import annotations

from collections.abc import Sequence

import llvmlite.binding as llvm

from . import llvm_gradients
from .llvm_pass import Pass
from .llvm_product import product
from .llvm_step import rows_product
from .llvm_tanh import tanh
from .llvm_text import Vectors
from .processor import Processor


def vectors_of(processor: Processor, element: str) -> Vectors:
    """Return a processor's vectors of "float" or "double"."""
    size = {"float": 4, "double": 8}[element]
    return Vectors(element, processor.vector_bytes // size, processor.tile, processor.outer_rows)


def module(passes: Sequence[Pass], vectors: Vectors) -> str:
    """Return the text of a module.

    Beside each pass it holds ``NAME_shared``, for the threads of an OpenMP team: each takes its
    share of the sequences, by its number.
    """
    parts = [_declarations(vectors), tanh(vectors)]
    texts = "".join(p.text for p in passes)
    if "@product(" in texts:
        parts.append(product(vectors))
    parts += [
        rows_product(vectors, name) for name in ("rows", "masked_rows") if f"@{name}(" in texts
    ]
    if any(p.all_rows for p in passes):
        parts.append(llvm_gradients.functions(vectors))
    for p in passes:
        parts += [p.text, _shared(p)]
    return "\n".join(parts) + "\n"


def compile_module(text: str, processor: Processor, vectorize: bool = False) -> bytes:
    """Return an object file.

    Parameters
    ----------
    text : str
    processor : Processor
    vectorize : bool, optional
        Whether LLVM makes vectors of loops; where they are explicit, that would only take time.

    Raises
    ------
    RuntimeError
        LLVM rejects the text.
    """
    machine = target_machine(processor)
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    parsed.triple, parsed.data_layout = llvm.get_default_triple(), str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.slp_vectorization = False
    options.loop_vectorization = options.loop_interleaving = vectorize
    options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return machine.emit_object(parsed)


def target_machine(processor: Processor) -> llvm.TargetMachine:
    """Return LLVM's description of the processor."""
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=processor.name, features=processor.features, opt=3, reloc="pic", codemodel="default"
    )


class Linked:
    """An object file in memory, ready to be called."""

    def __init__(self, image: bytes, names: Sequence[str], processor: Processor) -> None:
        self._machine = target_machine(processor)
        # JITLink maps code and constants together. LLVM's older linker maps them apart, and aborts
        # the process if in a full address space they come to lie more than 2 GiB from each other.
        self._compiler = llvm.create_lljit_compiler(self._machine, use_jit_link=True)
        library = llvm.JITLibraryBuilder().add_object_img(image).add_current_process()
        for name in names:
            library.export_symbol(name)
        self._tracker = library.link(self._compiler, "passes")  # freed code cannot be called
        self.addresses = {name: self._tracker[name] for name in names}


def _declarations(vectors: Vectors) -> str:
    V, lanes, suffix, bits = vectors.type, vectors.lanes, vectors.suffix, 8 * vectors.lanes
    bits *= vectors.size
    width = f'"prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}"'
    return f"""declare {V} @llvm.fmuladd.{suffix}({V}, {V}, {V})
declare {V} @llvm.fabs.{suffix}({V})
declare {V} @llvm.copysign.{suffix}({V}, {V})
declare {V} @llvm.exp.{suffix}({V})
declare {V} @llvm.log.{suffix}({V})
declare {V} @llvm.sqrt.{suffix}({V})
declare {V} @llvm.masked.load.{suffix}.p0(ptr, i32, {vectors.truth}, {V})
declare void @llvm.masked.store.{suffix}.p0({V}, ptr, i32, {vectors.truth})
declare <{lanes} x i8> @llvm.masked.load.v{lanes}i8.p0(ptr, i32, {vectors.truth}, <{lanes} x i8>)
attributes #0 = {{ nounwind {width} }}
attributes #1 = {{ alwaysinline nounwind {width} }}
attributes #2 = {{ noinline nounwind {width} }}"""


def _shared(compiled: Pass) -> str:
    """Return a function of one argument, the address of a job.

    A job is the table, T, N, and the addresses of two OpenMP functions: the number of this thread,
    and the number of threads.
    """
    loads = "\n".join(
        f"  %{value}.p = getelementptr i64, ptr %job, i64 {place}\n"
        f"  %{value} = load {kind}, ptr %{value}.p, align 8"
        for place, (value, kind) in enumerate(
            (("table", "ptr"), ("T", "i64"), ("N", "i64"), ("which", "ptr"), ("many", "ptr"))
        )
    )
    return f"""define void @{compiled.name}_shared(ptr %job) #0 {{
{loads}
  %thread32 = call i32 %which()
  %threads32 = call i32 %many()
  %thread = sext i32 %thread32 to i64
  %threads = sext i32 %threads32 to i64
  call void @{compiled.name}(ptr %table, i64 %T, i64 %N, i64 %thread, i64 %threads)
  ret void
}}"""
