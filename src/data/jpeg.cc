// libjpeg reports an error through a function that must not return. Ours jumps (longjmp) to where libjpeg was
// called: over libjpeg's frames, which are C, and over a function that calls nothing but libjpeg and owns
// nothing. No destructor is skipped.
#include "data/jpeg.h"

#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>  // which jpeglib.h needs before it
#include <utility>
#include <vector>

#include <jpeglib.h>

#include <jerror.h>

#include "base/error.h"
#include "data/exif.h"

namespace rung::data {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr unsigned kMaxSegment = 0xFFFF;
// Each block of 8 x 8 pixels costs at least one bit of a Huffman code. A file that has fewer is cut off.
constexpr uint64_t kMostPixelsPerByte = 8 * 8 * 8;
// A progressive file has about ten. Each costs a pass over the image, however short it is in the file.
constexpr int kMostScans = 50;

struct Failure {
  jpeg_error_mgr manager;  // first, so that libjpeg's pointer to it is one to all
  std::jmp_buf caller;
  char message[JMSG_LENGTH_MAX];
};

Failure& failure_of(j_common_ptr info) {
  return *reinterpret_cast<Failure*>(info->err);
}

[[noreturn]] void fail(j_common_ptr info) {
  info->err->format_message(info, failure_of(info).message);
  std::longjmp(failure_of(info).caller, 1);
}

// Warnings (level -1) say that image data are missing or wrong. Only padding is harmless, which some cameras
// write.
void take_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(info);
}

void limit_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  std::snprintf(failure_of(info).message, JMSG_LENGTH_MAX, "more than %d scans", kMostScans);
  std::longjmp(failure_of(info).caller, 1);
}

J_COLOR_SPACE decoded_as(J_COLOR_SPACE stored) {
  if (stored == JCS_GRAYSCALE) return JCS_GRAYSCALE;
  return stored == JCS_CMYK || stored == JCS_YCCK ? JCS_CMYK : JCS_RGB;
}

// What is left of the light, of 255, after black ink, and then after one of the colours. Both are stored
// inverted: 255 is no ink (Adobe's convention, which Pillow assumes of every file). The product is rounded as
// by Pillow's convert("RGB").
constexpr uint8_t light(uint8_t no_colour, uint8_t no_black) {
  const uint32_t taken = (255U - no_colour) * no_black + 128;
  return static_cast<uint8_t>(no_black - (((taken >> 8) + taken) >> 8));
}

// Cyan, magenta, yellow and black to red, green and blue, of which the fourth number stays.
void make_rgb(std::span<JSAMPLE> pixels) {
  for (; !pixels.empty(); pixels = pixels.subspan(4))
    for (size_t colour = 0; colour < 3; ++colour) pixels[colour] = light(pixels[colour], pixels[3]);
}

// A libjpeg decompressor whose errors are exceptions.
class Decompressor {
 public:
  Decompressor(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {
    info_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = fail;
    failure_.manager.emit_message = take_message;
    progress_.progress_monitor = limit_scans;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  const jpeg_decompress_struct& read_header();

  // Precondition: read_header(), and not yet read_image().
  int orientation() const;

  // As it is stored, but for its colours. Precondition: read_header().
  Image read_image(Colours colours);

 private:
  // Calls a function that uses libjpeg and owns nothing.
  void call(void (*function)(Decompressor&));
  static void open(Decompressor& self);
  static void decode(Decompressor& self);

  std::span<const std::byte> bytes_;
  const std::string& file_;
  Failure failure_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
  std::vector<JSAMPLE> row_;  // [width,components]
  Image image_;
};

void Decompressor::call(void (*function)(Decompressor&)) {
  if (setjmp(failure_.caller) != 0)
    throw DataError(fmt::format("{}: a damaged JPEG file: {}", file_, failure_.message));
  function(*this);
}

void Decompressor::open(Decompressor& self) {
  jpeg_create_decompress(&self.info_);
  self.info_.progress = &self.progress_;
  jpeg_mem_src(&self.info_, reinterpret_cast<const unsigned char*>(self.bytes_.data()), self.bytes_.size());
  jpeg_save_markers(&self.info_, kExifMarker, kMaxSegment);
  jpeg_read_header(&self.info_, TRUE);
}

const jpeg_decompress_struct& Decompressor::read_header() {
  call(open);
  return info_;
}

void Decompressor::decode(Decompressor& self) {
  jpeg_decompress_struct& info = self.info_;
  jpeg_start_decompress(&info);
  uint8_t* out = self.image_.pixels.data();
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = self.row_.data();
    jpeg_read_scanlines(&info, &row, 1);
    if (info.out_color_space == JCS_CMYK) make_rgb(self.row_);
    for (JDIMENSION column = 0; column < info.output_width; ++column, row += info.output_components) {
      if (self.image_.channels == 3) {
        out = std::copy_n(row, 3, out);
      } else {
        *out++ = info.output_components == 1 ? *row : luma(row[0], row[1], row[2]);
      }
    }
  }
  jpeg_finish_decompress(&info);
}

int Decompressor::orientation() const {
  for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next) {
    const int orientation = exif_orientation({marker->data, marker->data_length});
    if (orientation != 1) return orientation;
  }
  return 1;
}

Image Decompressor::read_image(Colours colours) {
  info_.out_color_space = decoded_as(info_.jpeg_color_space);
  const size_t components = info_.out_color_space == JCS_GRAYSCALE ? 1
                            : info_.out_color_space == JCS_CMYK    ? 4
                                                                   : 3;
  row_.resize(components * info_.image_width);
  image_.height = static_cast<int>(info_.image_height);
  image_.width = static_cast<int>(info_.image_width);
  image_.channels = components == 1 || colours == Colours::kGrey ? 1 : 3;
  image_.pixels.resize(static_cast<size_t>(info_.image_height) * info_.image_width *
                       static_cast<size_t>(image_.channels));
  call(decode);
  return colours == Colours::kRgb ? as_rgb(std::move(image_)) : std::move(image_);
}

void require_supported(const jpeg_decompress_struct& info, size_t bytes, const std::string& file) {
  const auto refuse = [&](const std::string& what, const std::string& hint = "") {
    throw DataError(fmt::format("{}: {}", file, what), hint);
  };
  require_decodable(info.image_height, info.image_width, file);
  if (info.arith_code != 0) refuse("arithmetic coding, which is not supported", "convert the image to PNG");
  if (uint64_t{info.image_width} * info.image_height > kMostPixelsPerByte * bytes)
    refuse(fmt::format("a damaged JPEG file: {} bytes are too few for {} x {} pixels", bytes,
                       info.image_height, info.image_width));
}

}  // namespace

Image parse_jpeg(std::span<const std::byte> bytes, const std::string& file, Colours colours,
                 Conversions* conversions) {
  Decompressor jpeg(bytes, file);
  const jpeg_decompress_struct& header = jpeg.read_header();
  require_supported(header, bytes.size(), file);
  const int orientation = jpeg.orientation();
  if (conversions != nullptr)
    *conversions = {.colour = header.jpeg_color_space != JCS_GRAYSCALE, .orientation = orientation != 1};
  return oriented(jpeg.read_image(colours), orientation);
}

}  // namespace rung::data
