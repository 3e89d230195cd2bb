# rung_loaded_library(<name> <target>): a library that src/base/shared_library.h loads. <name> is defined as the file that
# the system's loader looks for, the library's soname; only the headers of <target> are used.
function(rung_loaded_library name target)
  get_target_property(file ${target} IMPORTED_LOCATION_RELEASE)
  if(NOT file)
    get_target_property(file ${target} IMPORTED_LOCATION)
  endif()
  if(NOT file)
    get_target_property(file ${target} IMPORTED_LOCATION_NONE)
  endif()
  file(REAL_PATH ${file} real)
  get_filename_component(soname ${real} NAME)
  # libcurl.so.4.8.0 is libcurl.so.4; libcurl.4.dylib stays.
  string(REGEX REPLACE "(\\.so\\.[0-9]+).*" "\\1" soname ${soname})
  target_compile_definitions(rung_tools PRIVATE ${name}="${soname}")
  target_include_directories(rung_tools SYSTEM PRIVATE $<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>)
endfunction()
