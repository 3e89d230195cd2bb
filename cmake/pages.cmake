# The files that report pages embed. Chart.js comes from Debian's libjs-chart.js.
find_file(RUNG_CHART_JS chart.min.js PATHS /usr/share PATH_SUFFIXES javascript/chart.js NO_DEFAULT_PATH)
if(NOT RUNG_CHART_JS)
  message(FATAL_ERROR "Chart.js was not found: install libjs-chart.js, or name a chart.min.js of version 3 with "
                      "-DRUNG_CHART_JS=FILE")
endif()
rung_embed(rung::report::kChartJs report/assets.h ${RUNG_CHART_JS})
rung_embed(rung::report::kPageJs report/assets.h ${PROJECT_SOURCE_DIR}/src/report/page.js)
rung_embed(rung::report::kDrawBoxJs report/assets.h ${PROJECT_SOURCE_DIR}/src/report/draw_box.js)
rung_embed(rung::report::kPageCss report/assets.h ${PROJECT_SOURCE_DIR}/src/report/page.css)
rung_embed(rung::report::kNotebookCurves report/assets.h ${PROJECT_SOURCE_DIR}/recipes/ladder/notebook_curves.tsv)
