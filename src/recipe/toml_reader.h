// Typed access to one TOML table: every value is checked against its range, and every error says file, line,
// column, the key's full name, what was found and what is allowed.
#pragma once

#include <toml++/toml.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/enumerators.h"
#include "base/number_range.h"

namespace rung::recipe {

inline constexpr size_t kMaxListed = 1000;

// A view of `source` and of the document's nodes: both must outlive it.
class TableReader {
 public:
  TableReader(std::string_view source, std::string path, const toml::table& table);

  // The same table with the keys of `use` added or replacing its own; a missing key is reported in `use`.
  TableReader overridden_by(const TableReader& use) const;
  TableReader without(std::span<const std::string_view> keys) const;
  TableReader only(std::span<const std::string_view> keys) const;

  // Throws for the first key, in the file's order, that is not one of `keys`.
  void allow(std::span<const std::string_view> keys) const;
  void allow(std::initializer_list<std::string_view> keys) const {
    allow(std::span(keys.begin(), keys.size()));
  }

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::vector<std::string_view> keys() const;
  std::string path_of(std::string_view key) const;

  // A value without a fallback is required.
  double number(std::string_view key, const NumberRange& range, std::optional<double> fallback = {}) const;
  int64_t integer(std::string_view key, int64_t low, int64_t high,
                  std::optional<int64_t> fallback = {}) const;
  int small_integer(std::string_view key, int low, int high, std::optional<int> fallback = {}) const {
    return static_cast<int>(integer(key, low, high, fallback));
  }
  // None if the key is missing or has the word as its value.
  std::optional<int> integer_or_word(std::string_view key, int low, int high, std::string_view word) const;
  // One integer stands for `count` equal ones if `scalar` says so.
  enum class Scalar { kAllowed, kRefused };
  std::vector<int> integers(std::string_view key, size_t count, int low, int high, Scalar scalar) const;
  // From 1 to kMaxListed integers, each greater than the one before.
  std::vector<int> ascending_integers(std::string_view key, int low, int high) const;
  // Any number of them from 1 to kMaxListed.
  std::vector<double> numbers(std::string_view key, const NumberRange& range) const;
  // As many as the fallback has.
  template <size_t N>
  std::array<double, N> numbers(std::string_view key, const NumberRange& range,
                                const std::array<double, N>& fallback) const {
    std::array<double, N> result = fallback;
    read_numbers(key, range, result);
    return result;
  }
  bool boolean(std::string_view key, bool fallback) const;
  // Text without control characters other than `allowed_controls`.
  std::string text(std::string_view key, std::optional<std::string> fallback = {},
                   std::string_view allowed_controls = "") const;
  bool is_text(std::string_view key) const;
  // From 1 to kMaxListed texts.
  std::vector<std::string> texts(std::string_view key) const;
  std::optional<size_t> array_size(std::string_view key) const;  // none if it is not an array

  // The value that the text names.
  template <typename Enumeration>
  Enumeration choice(std::string_view key) const {
    return kEnumerators<Enumeration>[choose(key, kNames<Enumeration>)];
  }
  size_t choose(std::string_view key, std::span<const std::string_view> names) const;

  std::optional<TableReader> table(std::string_view key) const;
  TableReader required_table(std::string_view key) const;
  std::vector<TableReader> tables(std::string_view key) const;  // none if the key is missing

  // "`path`.`key`: message" at the key's value; "path: message" at the table.
  [[noreturn]] void fail(std::string_view key, std::string_view message, std::string_view hint = "") const;
  [[noreturn]] void fail_here(std::string_view message, std::string_view hint = "") const;

 private:
  struct Entry {
    std::string path;
    toml::source_position key_begin;
    const toml::node* value;
  };

  // Overwrites `values` with the key's array of the same length, if the key exists.
  void read_numbers(std::string_view key, const NumberRange& range, std::span<double> values) const;

  const Entry* find(std::string_view key) const;
  // Null if the key is missing and `optional`; throws if it is missing and required.
  const Entry* find(std::string_view key, bool optional, std::string_view expected) const;
  [[noreturn]] void fail_at(toml::source_position at, std::string_view message, std::string_view hint) const;
  [[noreturn]] void fail_type(const Entry& entry, std::string_view expected) const;
  // The key is missing, or its value is none of the `words`; a near miss is suggested.
  [[noreturn]] void fail_word(std::string_view key, std::string_view expected,
                              std::span<const std::string_view> words) const;
  // At an element of the entry's value.
  [[noreturn]] void fail_element(const Entry& entry, const toml::node& element,
                                 std::string_view expected) const;

  std::string_view source_;
  std::string path_;
  bool is_inline_ = false;  // between braces, where no key of another table can have slipped in
  toml::source_position begin_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace rung::recipe
