// Fetching a dataset that is published in another form than the four files: its files, then the import.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/registry.h"
#include "fetch/fetch.h"

namespace rung::fetch {

// Whether a source is an address, and not a folder.
bool is_address(std::string_view source);

// As fetch_dataset(). Precondition: info.published.
FetchResult import_published(const data::DatasetInfo& info, const std::filesystem::path& root,
                             const FetchOptions& options);

}  // namespace rung::fetch
