# Writes a C++ file that defines rung::report::NAME, the text of FILE: cmake -DNAME=... -DFILE=... -DOUT=... -P embed.cmake
file(READ "${FILE}" text)
string(FIND "${text}" ")rung\"" delimiter)
if(NOT delimiter EQUAL -1)
  message(FATAL_ERROR "${FILE} holds the delimiter of the raw string it would be embedded in")
endif()
file(WRITE "${OUT}" "#include \"report/assets.h\"

namespace rung::report {
constinit const std::string_view ${NAME} = R\"rung(${text})rung\";
}
")
