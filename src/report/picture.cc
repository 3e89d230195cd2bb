#include "report/picture.h"

namespace rung::report {

std::string data_uri(const data::Image& image) {
  return "data:image/png;base64," + base64(data::encode_png(image));
}

Html picture(const data::Image& image, int scale, std::string_view alternative) {
  return html("<img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\">", data_uri(image), image.width * scale,
              image.height * scale, alternative);
}

data::Image image_of(const data::Split& split, size_t index) {
  return data::from_planes(split.image(index), split.height, split.width, split.channels);
}

}  // namespace rung::report
