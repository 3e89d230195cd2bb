# What `cmake --install` copies: the program with its manual page, completions and recipes, and the library with its
# public headers as a CMake package. tests/install_test.sh uses the result.
include(CMakePackageConfigHelpers)
set(rung_package ${CMAKE_INSTALL_LIBDIR}/cmake/rung)

# It finds its libraries where they were when it was linked, and a shared librung beside itself.
set_target_properties(rung_app PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
if(BUILD_SHARED_LIBS)
  set_target_properties(rung_app PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()
install(TARGETS rung_app)
if(TARGET rung_mpi)
  set_target_properties(rung_mpi PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS rung_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/rung)
endif()
install(TARGETS rung EXPORT rungTargets)
file(GLOB rung_public_headers CONFIGURE_DEPENDS src/rung/*.h)
install(FILES ${rung_public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rung)
# The public headers include it as "base/error.h", which is then looked for beside them.
install(FILES src/base/error.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rung/base)
install(EXPORT rungTargets NAMESPACE rung:: DESTINATION ${rung_package})
configure_package_config_file(cmake/rungConfig.cmake.in rungConfig.cmake INSTALL_DESTINATION ${rung_package})
write_basic_package_version_file(rungConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rungConfig.cmake ${PROJECT_BINARY_DIR}/rungConfigVersion.cmake
        DESTINATION ${rung_package})

# The program itself writes its manual page and its completions.
function(rung_install_output file folder)
  set(out ${PROJECT_BINARY_DIR}/share/${file})
  add_custom_command(
    OUTPUT ${out}
    COMMAND rung_app ${ARGN} > ${out}
    DEPENDS rung_app
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY rung_outputs ${out})
  install(FILES ${out} DESTINATION ${folder})
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/bash ${PROJECT_BINARY_DIR}/share/zsh)
rung_install_output(rung.1 ${CMAKE_INSTALL_MANDIR}/man1 help --man)
rung_install_output(bash/rung ${CMAKE_INSTALL_DATADIR}/bash-completion/completions completion bash)
rung_install_output(zsh/_rung ${CMAKE_INSTALL_DATADIR}/zsh/site-functions completion zsh)
get_property(rung_outputs GLOBAL PROPERTY rung_outputs)
add_custom_target(rung_share ALL DEPENDS ${rung_outputs})

install(DIRECTORY recipes DESTINATION ${CMAKE_INSTALL_DATADIR}/rung FILES_MATCHING PATTERN *.toml)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
