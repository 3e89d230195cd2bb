/*@ normalise */

/* Activations are planes, channel by channel. */
static void normalise(const uint8_t *image, float *y)
{
  const int plane = NET_HEIGHT * NET_WIDTH;
  int c, i;
  for (c = 0; c < NET_CHANNELS; ++c) {
    for (i = 0; i < plane; ++i) *y++ = (float)image[i * NET_CHANNELS + c] * PIXEL_SCALE(c) + PIXEL_SHIFT(c);
  }
}
/*@ convolve */

struct convolution {
  int channels; /* of the input, in one group */
  int height;
  int width;
  int outputs; /* in one group */
  int groups;
  int out_height;
  int out_width;
  int kernel_h;
  int kernel_w;
  int stride_h;
  int stride_w;
  int padding_h;
  int padding_w;
  int dilation_h;
  int dilation_w;
};

/* The products of one kernel with the window whose first row and column these are; what is not in the plane is 0. */
static float window(const struct convolution *s, const float *weights, const float *x, int top, int left)
{
  float sum = 0;
  int c, i, j;
  for (c = 0; c < s->channels; ++c) {
    for (i = 0; i < s->kernel_h; ++i) {
      const int row = top + i * s->dilation_h;
      const float *w = weights + (c * s->kernel_h + i) * s->kernel_w;
      if (row < 0 || row >= s->height) continue;
      for (j = 0; j < s->kernel_w; ++j) {
        const int column = left + j * s->dilation_w;
        if (column >= 0 && column < s->width) sum += w[j] * x[(c * s->height + row) * s->width + column];
      }
    }
  }
  return sum;
}

static void convolve(const struct convolution *s, const float *weights, const float *biases, const float *x, float *y)
{
  const int taps = s->channels * s->kernel_h * s->kernel_w;
  int k, row, column;
  for (k = 0; k < s->groups * s->outputs; ++k) {
    const float *group = x + k / s->outputs * s->channels * s->height * s->width;
    for (row = 0; row < s->out_height; ++row) {
      for (column = 0; column < s->out_width; ++column) {
        *y++ = biases[k] + window(s, weights + k * taps, group, row * s->stride_h - s->padding_h,
                                  column * s->stride_w - s->padding_w);
      }
    }
  }
}
/*@ pool */

/* From `begin` to before `end`. */
struct span {
  int begin;
  int end;
  int size; /* what a mean divides by */
};

struct pooling {
  int channels;
  int height;
  int width;
  int out_height;
  int out_width;
};
/*@ max_pool */

static void max_pool(const struct pooling *s, const struct span *rows, const struct span *columns, const float *x,
                     float *y)
{
  int c, row, column, i, j;
  for (c = 0; c < s->channels; ++c, x += s->height * s->width) {
    for (row = 0; row < s->out_height; ++row) {
      for (column = 0; column < s->out_width; ++column) {
        float most = x[rows[row].begin * s->width + columns[column].begin];
        for (i = rows[row].begin; i < rows[row].end; ++i) {
          for (j = columns[column].begin; j < columns[column].end; ++j) {
            if (x[i * s->width + j] > most) most = x[i * s->width + j];
          }
        }
        *y++ = most;
      }
    }
  }
}
/*@ average_pool */

static void average_pool(const struct pooling *s, const struct span *rows, const struct span *columns, const float *x,
                         float *y)
{
  int c, row, column, i, j;
  for (c = 0; c < s->channels; ++c, x += s->height * s->width) {
    for (row = 0; row < s->out_height; ++row) {
      for (column = 0; column < s->out_width; ++column) {
        float sum = 0;
        for (i = rows[row].begin; i < rows[row].end; ++i) {
          for (j = columns[column].begin; j < columns[column].end; ++j) sum += x[i * s->width + j];
        }
        *y++ = sum / (float)(rows[row].size * columns[column].size);
      }
    }
  }
}
/*@ scale */

static void scale(const float *factors, const float *shifts, int channels, int plane, const float *x, float *y)
{
  int c, i;
  for (c = 0; c < channels; ++c) {
    for (i = 0; i < plane; ++i) *y++ = *x++ * factors[c] + shifts[c];
  }
}
/*@ group_norm */

/* `channels` are those of a group. */
static void group_norm(const float *weights, const float *biases, int groups, int channels, int plane, float eps,
                       const float *x, float *y)
{
  const int count = channels * plane;
  int g, i;
  for (g = 0; g < groups; ++g, x += count, y += count) {
    float mean = 0;
    float variance = 0;
    float factor;
    for (i = 0; i < count; ++i) mean += x[i];
    mean /= (float)count;
    for (i = 0; i < count; ++i) variance += (x[i] - mean) * (x[i] - mean);
    factor = 1 / sqrtf(variance / (float)count + eps);
    for (i = 0; i < count; ++i) {
      const int c = g * channels + i / plane;
      y[i] = (x[i] - mean) * factor * weights[c] + biases[c];
    }
  }
}
/*@ add */

static void add(int count, const float *a, const float *b, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = a[i] + b[i];
}
/*@ relu */

static void relu(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] > 0 ? x[i] : 0;
}
/*@ leaky_relu */

static void leaky_relu(const float *slopes, int channels, int plane, const float *x, float *y)
{
  int c, i;
  for (c = 0; c < channels; ++c) {
    for (i = 0; i < plane; ++i, ++x) *y++ = *x > 0 ? *x : *x * slopes[c];
  }
}
/*@ silu */

static void silu(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] / (1 + expf(-x[i]));
}
/*@ gelu */

static void gelu(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] * 0.5f * (1 + erff(x[i] * 0.70710678f));
}
/*@ gelu_tanh */

static void gelu_tanh(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) {
    y[i] = x[i] * 0.5f * (1 + tanhf(0.79788456f * (x[i] + 0.044715f * x[i] * x[i] * x[i])));
  }
}
/*@ mish */

static void mish(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] * tanhf(x[i] > 20 ? x[i] : log1pf(expf(x[i])));
}
/*@ relu6 */

static void relu6(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] < 0 ? 0 : x[i] > 6 ? 6 : x[i];
}
/*@ hardswish */

static void hardswish(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = x[i] < -3 ? 0 : x[i] > 3 ? x[i] : x[i] * (x[i] + 3) / 6;
}
/*@ sigmoid */

static void sigmoid(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = 1 / (1 + expf(-x[i]));
}
/*@ hyperbolic_tangent */

static void hyperbolic_tangent(int count, const float *x, float *y)
{
  int i;
  for (i = 0; i < count; ++i) y[i] = tanhf(x[i]);
}
/*@ predict */
  for (k = 1; k < NET_CLASSES; ++k) {
    if (net_logits()[k] > net_logits()[best]) best = k;
  }
  return best;
}

const float *net_logits(void)
{
  return memory + LOGITS;
}
/*@ test */

int main(void)
{
  int right = 0;
  int i, k;
  for (i = 0; i < IMAGES; ++i) {
    const float *logits = expected + i * NET_CLASSES;
    float most = 1;
    int near = 0;
    net_predict(images + i * PIXELS);
    for (k = 0; k < NET_CLASSES; ++k) {
      if (fabsf(logits[k]) > most) most = fabsf(logits[k]);
    }
    for (k = 0; k < NET_CLASSES; ++k) {
      if (fabsf(net_logits()[k] - logits[k]) <= 1e-4f * most) ++near;
    }
    if (near == NET_CLASSES) ++right;
  }
  printf("net: %d of %d images have the expected logits\n", right, IMAGES);
  return right == IMAGES ? 0 : 1;
}
/*@ end */
