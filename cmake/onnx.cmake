# ONNX's messages, from the schema that it publishes, beside TensorBoard's (events.cmake). Generated code follows its own
# rules.
find_path(RUNG_ONNX_SCHEMA onnx/onnx.proto DOC "The folder that holds onnx/onnx.proto")
if(NOT RUNG_ONNX_SCHEMA)
  message(FATAL_ERROR "ONNX's schema was not found: install libonnx-dev, or PyPI's onnx and name the folder that holds "
                      "its onnx/onnx.proto with -DRUNG_ONNX_SCHEMA=FOLDER")
endif()
set(rung_onnx_proto ${rung_generated}/onnx/onnx.pb.cc ${rung_generated}/onnx/onnx.pb.h)
add_custom_command(
  OUTPUT ${rung_onnx_proto}
  COMMAND protobuf::protoc --cpp_out=lite:${rung_generated} -I ${RUNG_ONNX_SCHEMA} onnx/onnx.proto
  DEPENDS ${RUNG_ONNX_SCHEMA}/onnx/onnx.proto
  VERBATIM)
set_source_files_properties(${rung_onnx_proto} PROPERTIES COMPILE_OPTIONS -w)
target_sources(rung_tools PRIVATE ${rung_onnx_proto})
# (The tests read such files, too.)
target_include_directories(rung_tools SYSTEM PUBLIC ${rung_generated})
target_link_libraries(rung_tools PUBLIC protobuf::libprotobuf-lite)
