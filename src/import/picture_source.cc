#include "import/picture_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/image_file.h"
#include "data/resize.h"

namespace rung::imports {
namespace {

constexpr uint64_t kMostPictureBytes = 64 << 20;  // of a file

using data::Conversions;
using data::Image;

class PictureReader {
 public:
  PictureReader(const FileTree& tree, PictureLayout layout, const Options& options, const Work& work)
      : tree_(tree), options_(options), work_(work), layout_(std::move(layout)) {}

  ImageSet read() {
    look_at_first();
    const size_t count = layout_.pictures.size();
    set_.count = static_cast<int>(count);
    done_.resize(count);
    read_all();
    if (found_colour_) {  // the first picture had none
      set_.channels = 3;
      read_all();
    }
    for (size_t i = 0; i < count; ++i) {
      set_.labels.push_back(layout_.pictures[i].label);
      (layout_.pictures[i].is_test ? set_.test : set_.train).push_back(static_cast<uint32_t>(i));
    }
    set_.classes = std::move(layout_.classes);
    say_steps();
    return std::move(set_);
  }

 private:
  std::string first_place() const { return tree_.place(layout_.pictures.front().file); }

  // The first picture says whether there are colours, and without --resize how large all are.
  void look_at_first() {
    const std::vector<size_t> first = {layout_.pictures.front().file};
    const Work quiet{.pool = work_.pool, .progress = {}};
    tree_.read_each(first, kMostPictureBytes, quiet, [&](size_t, std::span<const std::byte> bytes) {
      const Image image = data::parse_image(bytes, first_place(), colours());
      set_.height = image.height;
      set_.width = image.width;
      set_.channels = image.channels;
    });
    if (!options_.resize && std::max(set_.height, set_.width) > data::kMaxImageSide)
      throw DataError(fmt::format("{}: {} x {} pixels; at most {} on a side can be trained on", first_place(),
                                  set_.width, set_.height, data::kMaxImageSide),
                      "--resize 32x32 makes the pictures smaller");
    if (!options_.resize) return;
    // (--transpose exchanges them afterwards.)
    set_.height = options_.transpose ? options_.resize->width : options_.resize->height;
    set_.width = options_.transpose ? options_.resize->height : options_.resize->width;
  }

  data::Colours colours() const {
    return options_.grey        ? data::Colours::kGrey
           : set_.channels == 3 ? data::Colours::kRgb
                                : data::Colours::kKeep;
  }

  void read_all() {
    const size_t count = layout_.pictures.size();
    if (count > kMostImages || set_.image_bytes() * count > kMostPixelBytes)
      throw DataError(fmt::format("{} pictures of {} x {} pixels are more than fit into memory", count,
                                  set_.width, set_.height),
                      "--resize 32x32 makes them smaller");
    set_.pixels.resize(set_.image_bytes() * count);
    std::vector<size_t> files;
    std::vector<size_t> place_of(tree_.files().size());
    for (const Picture& picture : layout_.pictures) {
      place_of[picture.file] = files.size();
      files.push_back(picture.file);
    }
    tree_.read_each(files, kMostPictureBytes, work_, [&](size_t file, std::span<const std::byte> bytes) {
      const size_t place = place_of[file];
      put(place, data::parse_image(bytes, tree_.place(file), colours(), &done_[place]), file);
    });
  }

  void put(size_t place, Image image, size_t file) {
    if (image.channels != set_.channels) {
      found_colour_ = true;  // everything is read again
      return;
    }
    if (image.height != set_.height || image.width != set_.width) {
      if (!options_.resize)
        throw DataError(
            fmt::format("the pictures differ in size: {} has {} x {} pixels, {} has {} x {}", first_place(),
                        set_.width, set_.height, tree_.place(file), image.width, image.height),
            fmt::format("--resize {}x{} gives all of them one size", set_.width, set_.height));
      image = data::resized(image, set_.height, set_.width);
      resized_ = true;
    }
    std::ranges::copy(image.pixels, set_.pixels.begin() + static_cast<ptrdiff_t>(place * set_.image_bytes()));
  }

  void say(bool Conversions::*what, const std::string& sentence) {
    const auto count = std::ranges::count_if(done_, [&](const Conversions& one) { return one.*what; });
    if (count > 0)
      set_.steps.push_back(
          fmt::format("{} of {} {}", with_commas(count), counted(done_.size(), "picture"), sentence));
  }

  // (What became of pictures all of which are in colour is said for all sources alike.)
  void say_colours() {
    if (options_.grey)
      return say(&Conversions::colour, fmt::format("were stored in colour and {}", kBecameGrey));
    const auto grey = std::ranges::count(done_, false, &Conversions::colour);
    if (set_.channels == 3 && grey > 0)
      set_.steps.push_back(fmt::format("{} of {} are grey: their red, green and blue are equal.",
                                       with_commas(grey), counted(done_.size(), "picture")));
  }

  void say_steps() {
    set_.steps = std::move(layout_.steps);
    say(&Conversions::sixteen_bits, "had 16 bits per sample, which were rounded to 8.");
    say(&Conversions::palette, "had a palette, which was expanded.");
    say(&Conversions::transparency,
        "were partly transparent: they lie on white if what is drawn is dark, else on black.");
    say_colours();
    say(&Conversions::orientation, "were turned upright, as their EXIF data say.");
    if (resized_)
      set_.steps.push_back(
          fmt::format("Pictures of another size were resized to {} x {} (width x height), with every pixel's "
                      "share in the "
                      "result.",
                      set_.width, set_.height));
  }

  const FileTree& tree_;
  const Options& options_;
  const Work& work_;
  PictureLayout layout_;
  ImageSet set_;
  std::vector<Conversions> done_;  // by picture
  std::atomic<bool> resized_ = false;
  std::atomic<bool> found_colour_ = false;
};

}  // namespace

bool recognises_pictures(const FileTree& tree, const Options&) {
  return std::ranges::any_of(tree.files(), [](const FileTree::File& file) {
    return file.path.find('/') != std::string::npos && data::has_image_ending(file.path);
  });
}

ImageSet read_pictures(const FileTree& tree, const Options& options, const Work& work) {
  return read_laid_out(tree, picture_layout(tree), options, work);
}

ImageSet read_laid_out(const FileTree& tree, PictureLayout layout, const Options& options, const Work& work) {
  return PictureReader(tree, std::move(layout), options, work).read();
}

}  // namespace rung::imports
