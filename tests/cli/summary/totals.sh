# The ladder's models have the number of parameters that they were designed with.
for step in step1 step2 step3 step4 step5 step5-constant-lr; do
  "$RUNG" summary "$RECIPES/ladder/$step.toml" | sed -n "s/^Total params:/$step:/p"
done
