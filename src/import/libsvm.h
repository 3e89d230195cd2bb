// Text in LIBSVM's (SVMlight's) format: "LABEL INDEX:VALUE INDEX:VALUE ...", an image in each line. Indices
// begin at 1 and ascend; a value that is left out is 0; '#' begins a comment. Left out: several labels in a
// line, qid, and labels that are no whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "import/pixel_scale.h"

namespace rung::imports {

// What the rows of a text, or of several, have in common.
struct LibsvmRows {
  size_t count = 0;
  size_t largest_index = 0;
  uint64_t values = 0;  // that are written
  Range range;          // of them

  // Whether rows of `pixels` values leave some out.
  bool is_sparse(size_t pixels) const { return values < count * pixels; }
};

// Whether a text's first lines are rows of this format, with at least one value.
bool looks_like_libsvm(std::string_view begin);

// Adds whole lines. `first_line` is the number of the first one, from 1, for messages, and `file` the text's
// name. Throws DataError, which names the line, if one of them is no row.
void scan_libsvm(std::string_view lines, size_t first_line, const std::string& file, LibsvmRows& rows);

// The rows' pixels [rows, pixels] and labels [rows]. Preconditions: scan_libsvm() took these lines, so that
// there is a place for each row and each index. Throws as scan_libsvm().
void parse_libsvm(std::string_view lines, size_t first_line, const std::string& file, const PixelScale& scale,
                  std::span<uint8_t> pixels, std::span<int64_t> labels);

}  // namespace rung::imports
