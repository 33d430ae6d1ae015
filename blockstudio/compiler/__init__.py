"""From a document to Python source: check, lower, generate."""

from blockstudio.compiler.check import check as check
from blockstudio.compiler.compiled import Compiled as Compiled
from blockstudio.compiler.compiled import compile_document as compile_document
from blockstudio.compiler.compiled import source as source
from blockstudio.compiler.diagnostics import Diagnostic as Diagnostic
from blockstudio.compiler.text import Span as Span
