# The files that report pages embed. Chart.js comes from Debian's libjs-chart.js.
find_file(RUNG_CHART_JS chart.min.js PATHS /usr/share PATH_SUFFIXES javascript/chart.js NO_DEFAULT_PATH)
if(NOT RUNG_CHART_JS)
  message(FATAL_ERROR "Chart.js was not found: install libjs-chart.js, or name a chart.min.js of version 3 with "
                      "-DRUNG_CHART_JS=FILE")
endif()
function(rung_embed name file)
  set(out ${PROJECT_BINARY_DIR}/embedded/${name}.cc)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DFILE=${file} -DOUT=${out} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${file} cmake/embed.cmake
    VERBATIM)
  set_source_files_properties(${out} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(rung_tools PRIVATE ${out})
endfunction()
rung_embed(kChartJs ${RUNG_CHART_JS})
rung_embed(kPageJs ${PROJECT_SOURCE_DIR}/src/report/page.js)
rung_embed(kPageCss ${PROJECT_SOURCE_DIR}/src/report/page.css)
rung_embed(kNotebookCurves ${PROJECT_SOURCE_DIR}/recipes/ladder/notebook_curves.tsv)
