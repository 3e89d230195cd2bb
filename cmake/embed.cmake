# Writes a C++ file that defines NAME, the text of FILE, as HEADER in src/ declares it:
# cmake -DNAME=rung::report::kName -DHEADER=report/assets.h -DFILE=... -DOUT=... -P embed.cmake
file(READ "${FILE}" text)
string(FIND "${text}" ")rung\"" delimiter)
if(NOT delimiter EQUAL -1)
  message(FATAL_ERROR "${FILE} holds the delimiter of the raw string it would be embedded in")
endif()
file(WRITE "${OUT}" "#include \"${HEADER}\"

constinit const std::string_view ${NAME} = R\"rung(${text})rung\";
")
