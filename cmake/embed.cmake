# Writes a C++ file that defines NAME, the text of FILE, as HEADER in src/ declares it:
# cmake -DNAME=rung::report::kName -DHEADER=report/assets.h -DFILE=... -DOUT=... -P embed.cmake
if(FILE MATCHES "[.](safetensors|gz)$")
  # Bytes: some are zero, so the length is said.
  file(SIZE "${FILE}" size)
  file(READ "${FILE}" bytes HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  set(value "{\"${bytes}\", ${size}}")
else()
  file(READ "${FILE}" text)
  string(FIND "${text}" ")rung\"" delimiter)
  if(NOT delimiter EQUAL -1)
    message(FATAL_ERROR "${FILE} holds the delimiter of the raw string it would be embedded in")
  endif()
  set(value "R\"rung(${text})rung\"")
endif()
file(WRITE "${OUT}" "#include \"${HEADER}\"

constinit const std::string_view ${NAME} = ${value};
")
