"""XGBoost on pixels: its default trees of depth 6 at rate 0.3, with about the bins and pixels of LightGBM's."""

import xgboost

from mnist import flat

VERSION = f"XGBoost {xgboost.__version__}"
ROUNDS_PER_EVALUATION = 10


class Evaluate(xgboost.callback.TrainingCallback):
    def __init__(self, after_epoch):
        super().__init__()
        self.after_epoch = after_epoch

    def after_iteration(self, model, epoch, evals_log) -> bool:
        """Whether to stop."""
        if (epoch + 1) % ROUNDS_PER_EVALUATION:
            return False
        return self.after_epoch(lambda images: model.inplace_predict(flat(images)).argmax(1))


def train(images, labels, after_epoch, threads, seed):
    model = xgboost.XGBClassifier(
        n_estimators=10_000,
        tree_method="hist",
        max_bin=64,
        colsample_bytree=0.2,
        n_jobs=threads,
        random_state=seed,
        callbacks=[Evaluate(after_epoch)],
    )
    model.fit(flat(images), labels)
