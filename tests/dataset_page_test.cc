// The page about a dataset: what was found is on it, names cannot break it, and it has no script.
#include "report/dataset_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rung::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// Images of 2 x 3 pixels, each with the labels' number in its first pixel, but for the given ones.
data::Split split_of(std::vector<uint8_t> labels, uint8_t first) {
  data::Split split{static_cast<int>(labels.size()), 2, 3, {}, std::move(labels)};
  for (int image = 0; image < split.count; ++image)
    split.pixels.insert(split.pixels.end(), {static_cast<uint8_t>(first + image), 0, 9, 200, 0, 1});
  return split;
}

std::string page_of(const data::Dataset& dataset) {
  ThreadPool pool(1);
  return dataset_page(
      inspect::findings_in(dataset, {.name = dataset.name, .mean = 0.1, .std = 0.3}, {"one <remark>"}, pool));
}

TEST(DatasetPage, ShowsWhatIsFoundAndNeedsNoScript) {
  data::Dataset dataset{
      "./own", 3, {"<b>", "\"&\"", "rose"}, split_of({0, 1, 1, 0}, 10), split_of({1, 0}, 13)};
  const std::string page = page_of(dataset);  // test image 0 is training image 3, of another class
  EXPECT_THAT(page,
              HasSubstr("<b class=\"bad\">&lt;b&gt; ≠ &quot;&amp;&quot;</b><small>train 3, test 0</small>"
                        "<small>the same</small>"));
  EXPECT_THAT(page, HasSubstr("one &lt;remark&gt;"));
  EXPECT_THAT(page, HasSubstr("<b class=\"bad\">0</b>"));  // of the class without images
  EXPECT_THAT(page, HasSubstr("id=\"labels\""));
  EXPECT_THAT(page, Not(HasSubstr("id=\"blank\"")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; img-src data:; style-src 'sha256-"));
}

TEST(DatasetPage, NoTestImages) {
  const data::Dataset dataset{"./own", 2, {}, split_of({0, 1, 1, 0}, 10), {0, 2, 3, {}, {}}};
  EXPECT_THAT(page_of(dataset), HasSubstr("<b>0</b><span>test images</span>"));
}

}  // namespace
}  // namespace rung::report
