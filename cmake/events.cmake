# TensorBoard's messages, from event.proto. Generated code follows its own rules.
find_package(Protobuf REQUIRED)
set(rung_generated ${PROJECT_BINARY_DIR}/generated)
set(rung_event_proto ${rung_generated}/report/event.pb.cc ${rung_generated}/report/event.pb.h)
file(MAKE_DIRECTORY ${rung_generated})
add_custom_command(
  OUTPUT ${rung_event_proto}
  COMMAND protobuf::protoc --cpp_out=${rung_generated} -I ${PROJECT_SOURCE_DIR}/src report/event.proto
  DEPENDS src/report/event.proto
  VERBATIM)
set_source_files_properties(${rung_event_proto} PROPERTIES COMPILE_OPTIONS -w)
target_sources(rung_tools PRIVATE ${rung_event_proto})
target_include_directories(rung_tools SYSTEM PRIVATE ${rung_generated})
target_link_libraries(rung_tools PRIVATE protobuf::libprotobuf-lite)
