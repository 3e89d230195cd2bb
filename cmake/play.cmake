# The playground's engine, where Emscripten is installed: apps/play, built by its own CMake with Emscripten's compiler,
# and embedded, compressed. Without it `rung playground` says what is missing.
find_program(RUNG_EMSCRIPTEN em++)
find_file(RUNG_EMSCRIPTEN_TOOLCHAIN Emscripten.cmake PATHS /usr/share/emscripten/cmake/Modules/Platform
          $ENV{EMSDK}/upstream/emscripten/cmake/Modules/Platform NO_DEFAULT_PATH)
set(folder ${PROJECT_BINARY_DIR}/play)
set(engine ${folder}/engine.wasm.gz)
if(RUNG_PLAY AND RUNG_EMSCRIPTEN AND RUNG_EMSCRIPTEN_TOOLCHAIN)
  foreach(header hwy/highway.h fmt/format.h toml++/toml.h nlohmann/json.hpp boost/version.hpp)
    string(MAKE_C_IDENTIFIER RUNG_PATH_OF_${header} variable)
    find_path(${variable} ${header} HINTS ${HWY_INCLUDE_DIRS} REQUIRED)
    get_filename_component(name ${header} DIRECTORY)
    file(MAKE_DIRECTORY ${folder}/headers)
    file(CREATE_LINK ${${variable}}/${name} ${folder}/headers/${name} SYMBOLIC)
  endforeach()
  file(GLOB_RECURSE parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/play/* ${PROJECT_SOURCE_DIR}/src/*.cc
       ${PROJECT_SOURCE_DIR}/src/*.h)
  list(FILTER parts INCLUDE REGEX "apps/play/|src/(base|chip|data|kernels|nn|optim|recipe|quantise|train)/|report/(inside|colour)")
  add_custom_command(
    OUTPUT ${engine}
    COMMAND ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR}/apps/play -B ${folder} -G Ninja
            -DCMAKE_TOOLCHAIN_FILE=${RUNG_EMSCRIPTEN_TOOLCHAIN} -DHEADERS=${folder}/headers
    COMMAND ${CMAKE_COMMAND} --build ${folder}
    COMMAND gzip --best --no-name --keep --force engine.wasm
    DEPENDS ${parts}
    WORKING_DIRECTORY ${folder}
    COMMENT "Building the playground's engine with Emscripten"
    VERBATIM)
else()
  message(STATUS "The playground is left out, which needs Emscripten")
  file(WRITE ${engine} "")
endif()
rung_embed(rung::report::kPlayEngine report/assets.h ${engine})
rung_embed(rung::report::kPlayJs report/assets.h ${PROJECT_SOURCE_DIR}/src/report/play.js)
rung_embed(rung::report::kPlayWorkerJs report/assets.h ${PROJECT_SOURCE_DIR}/src/report/play_worker.js)
rung_embed(rung::report::kPlayCss report/assets.h ${PROJECT_SOURCE_DIR}/src/report/play.css)
