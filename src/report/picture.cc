#include "report/picture.h"

namespace rung::report {
namespace {

template <typename Image>
std::string uri_of(const Image& image) {
  return "data:image/png;base64," + base64(data::encode_png(image));
}

template <typename Image>
Html picture_of(const Image& image, int scale, std::string_view alternative) {
  return html("<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">", uri_of(image), image.width * scale,
              image.height * scale, alternative);
}

}  // namespace

std::string data_uri(const data::GreyImage& image) {
  return uri_of(image);
}
std::string data_uri(const data::RgbImage& image) {
  return uri_of(image);
}

Html picture(const data::GreyImage& image, int scale, std::string_view alternative) {
  return picture_of(image, scale, alternative);
}
Html picture(const data::RgbImage& image, int scale, std::string_view alternative) {
  return picture_of(image, scale, alternative);
}

data::GreyImage grey(std::span<const uint8_t> pixels, int height, int width) {
  return {height, width, {pixels.begin(), pixels.end()}};
}

}  // namespace rung::report
