// What the losses of candidates say. Costs, losses and accuracies are chosen; what follows is counted by
// hand.

#include "search/population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rung::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Of as many percent of errors as a hundred times the loss, unless `errors` says otherwise.
Score score(double loss, double errors = -1) {
  return {.loss = loss, .accuracy = 100 - (errors < 0 ? 100 * loss : errors), .seconds = 1};
}

// Candidates with these costs and losses after all epochs.
Population population_of(double target, const std::vector<Point>& points) {
  Population population(target);
  for (const Point& point : points) {
    const size_t number = population.size();
    population.add({.number = number, .parent = {}, .mutations = {}, .recipe = {}, .cost = point.cost});
    population.note_full(number, 1, score(point.loss));
  }
  return population;
}

TEST(Population, ErrorsAreInProportionToLosses) {
  Population population(99);
  EXPECT_EQ(population.accuracy_at(1), 100) << "nothing is known";
  population.add({.number = 0, .parent = {}, .mutations = {}, .recipe = {}});
  population.note_full(0, 1, score(0.02, 1));
  population.note_full(0, 2, score(0.03, 2));
  EXPECT_NEAR(population.accuracy_at(0.05), 97, 1e-9) << "3 % of errors for 0.05 together";
  EXPECT_NEAR(population.accuracy_at(0.025), 98.5, 1e-9);
  EXPECT_EQ(population.accuracy_at(1e6), 0);
  for (uint64_t seed = 3; seed < 30; ++seed) population.note_full(0, seed, score(0.02, 4));
  EXPECT_NEAR(population.accuracy_at(0.02), 96, 1e-9) << "only the newest count";
}

TEST(Population, TheBestIsTheCheapestOfTheFrontWithTheTarget) {
  const Population population =
      population_of(97, {{100, 0.01}, {80, 0.02}, {60, 0.029}, {50, 0.04}, {40, 0.05}, {70, 0.028}});
  EXPECT_EQ(population.best(), 2U) << "its accuracy is 97.1 %";
  EXPECT_THAT(population.front_to_best(), ElementsAre(4, 3, 2));
  EXPECT_THAT(population.near_target(), ElementsAre(4, 3, 2, 5))
      << "up to three below it, itself and the next";
  EXPECT_FALSE(population_of(99.5, {{100, 0.01}}).best());
  EXPECT_THAT(population_of(99.5, {{100, 0.01}}).near_target(), ElementsAre(0));
  EXPECT_THAT(Population(90).near_target(), IsEmpty());
}

TEST(Population, WhatDivergedIsNotOnTheFront) {
  Population population = population_of(97, {{100, 0.01}, {50, 0.02}});
  population.note_divergence(1);
  EXPECT_EQ(population.best(), 0U);
}

// The best has 1 % of errors at a target of 99 %, or half of what it may have at 98 %.
TEST(Population, ATrialPromisesMoreWhereThereIsRoom) {
  for (const double target : {99.0, 98.0}) {
    Population population = population_of(target, {{100, 0.01}});
    population.note(0, &Candidate::quick, score(0.1));
    const auto is_promising = [&](double cost, double loss) {
      Candidate one{.number = 1, .parent = {}, .mutations = {}, .recipe = {}, .cost = cost};
      one.quick = score(loss);
      return population.is_promising(one, &Candidate::quick);
    };
    const double room = target == 99 ? 1 : 2;
    EXPECT_TRUE(is_promising(50, 0.114 * room)) << target;
    EXPECT_FALSE(is_promising(50, 0.116 * room)) << target;
    EXPECT_TRUE(is_promising(99, 0.1)) << "however much room there is, what is cheaper than the best";
    EXPECT_EQ(is_promising(149, 0.1), target == 99) << "and what is dearer, if there is little";
    EXPECT_FALSE(is_promising(151, 0.01)) << target;
  }
}

TEST(Population, APerfectBestLeavesNothingButTheCost) {
  Population population(99);
  population.add({.number = 0, .parent = {}, .mutations = {}, .recipe = {}, .cost = 100});
  population.note_full(0, 1, score(0.01, 0));
  population.note(0, &Candidate::quick, score(0.1, 0));
  Candidate one{.number = 1, .parent = {}, .mutations = {}, .recipe = {}, .cost = 90};
  one.quick = score(7);
  EXPECT_TRUE(population.is_promising(one, &Candidate::quick));
}

TEST(Population, SureIsWhatHasSeedsOrFewErrors) {
  Population population = population_of(99, {{100, 0.009}, {90, 0.008}});
  EXPECT_FALSE(population.is_sure(population[0])) << "0.9 of the errors that the target allows";
  EXPECT_TRUE(population.is_sure(population[1]));
  population.note_full(0, 2, score(0.009));
  population.note_full(0, 3, score(0.009));
  EXPECT_TRUE(population.is_sure(population[0]));
}

TEST(Population, ParentsCostAtMostHalfAsMuchAgainAsTheBest) {
  const Population population = population_of(98.9, {{100, 0.01}, {151, 0.005}, {150, 0.006}});
  EXPECT_TRUE(population.is_near_best(population[2]));
  EXPECT_FALSE(population.is_near_best(population[1]));
  const Population none = population_of(99.9, {{100, 0.01}});
  EXPECT_TRUE(none.is_near_best(none[0]));
}

}  // namespace
}  // namespace rung::search
