// Files that are built into the program (see CMakeLists.txt), so that a page needs no other file.
#pragma once

#include <string_view>

namespace rung::report {

extern const std::string_view kChartJs;         // Chart.js, minified
extern const std::string_view kPageJs;          // page.js
extern const std::string_view kPageCss;         // page.css
extern const std::string_view kDrawBoxJs;       // draw_box.js
extern const std::string_view kPlayJs;          // play.js
extern const std::string_view kPlayWorkerJs;    // play_worker.js
extern const std::string_view kPlayCss;         // play.css
extern const std::string_view kPlayEngine;      // apps/play as WebAssembly, gzip; empty without Emscripten
extern const std::string_view kNotebookCurves;  // recipes/ladder/notebook_curves.tsv

}  // namespace rung::report
