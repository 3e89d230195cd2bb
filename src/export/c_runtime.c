/*@ flash */
/* Constants stay in flash memory: everywhere by themselves, on AVR by special reads. */
#ifdef __AVR__
#include <avr/pgmspace.h>
#define FLASH PROGMEM
#define READ_UINT8(from) pgm_read_byte(from)
#define READ_INT8(from) ((int8_t)pgm_read_byte(from))
#define READ_INT16(from) ((int16_t)pgm_read_word(from))
#define READ_INT32(from) ((int32_t)pgm_read_dword(from))
#define READ_STRUCT(type, name, from) \
  struct type name##_copy;            \
  const struct type *name = (memcpy_P(&name##_copy, from, sizeof name##_copy), &name##_copy)
#else
#define FLASH
#define READ_UINT8(from) (*(from))
#define READ_INT8(from) (*(from))
#define READ_INT16(from) (*(from))
#define READ_INT32(from) (*(from))
#define READ_STRUCT(type, name, from) const struct type *name = from
#endif

/*@ stage */
/* The pixels of an image pass through the stages one after another. A stage keeps the newest pixels of its input in a
   ring, as many as its window spans, and gives a pixel to the next stage when a window is complete. */
struct stage {
  uint8_t kind;
  uint8_t padding;    /* the pixels around the plane */
  uint8_t zero;       /* of the output */
  uint8_t shift;      /* behind the multipliers; 0: the sums are the logits */
  size_type channels; /* of a pixel of the input, and of the output */
  size_type outputs;
  size_type height; /* of the input with the pixels around it */
  size_type width;
  size_type top; /* how many are around it */
  size_type left;
  size_type bottom;
  size_type right;
  size_type kernel_h;
  size_type kernel_w;
  size_type stride_h;
  size_type stride_w;
  size_type dilation_h;
  size_type dilation_w;
  size_type groups;
  offset_type ring; /* its place in `memory` */
  offset_type pixels;
  offset_type sum;     /* its place in `sums`, or in `memory` */
  offset_type weight;  /* its place in `weights`, or in `tables` */
  offset_type channel; /* its place in `biases` and `multipliers` */
};

/*@ queue */

struct queue {
  offset_type from; /* the stage whose pixels wait */
  offset_type channels;
  offset_type pixels; /* that wait at most */
  offset_type at;     /* its place in `memory` */
  int64_t offset;     /* of the sum */
};
/*@ state */
static struct {
  size_type row; /* of the next pixel */
  size_type column;
  offset_type slot; /* where it goes in the ring */
  offset_type at;   /* and in `memory` */
} states[STAGES];

/*@ requantise */

/* sum * multiplier / 2^shift, to nearest, halves up, plus zero; at least 0 and at most 255. */
static uint8_t requantise(int32_t sum, int32_t multiplier, const struct stage *s)
{
#if LEAST_SHIFT > 32
  /* The upper half of the product is enough: nothing is added to the lower one. */
  int32_t value = (int32_t)(((int64_t)sum * multiplier) >> 32);
  value += (2 * (int32_t)s->zero + 1) << (s->shift - 33);
  if (value < 0) return 0;
  value >>= s->shift - 32;
#else
  int64_t value = (int64_t)sum * multiplier;
  value += (int64_t)(2 * (int32_t)s->zero + 1) << (s->shift - 1);
  if (value < 0) return 0;
  value >>= s->shift;
#endif
  return value > 255 ? 255 : (uint8_t)value;
}

/*@ give */

/* Gives output k, whose multiplier has the number `channel`. */
static void give(const struct stage *s, unsigned k, unsigned channel, int32_t sum, uint8_t *y)
{
  if (s->shift == 0) {
    logits[k] = sum;
  } else {
    y[k] = requantise(sum, MULTIPLIER(channel), s);
  }
}

/*@ dot8 */

/* Adds the products of x with the weights from `a` to the first sum, and with those from `b` to the second. */
static void dot(int32_t *sum, const uint8_t *x, offset_type a, offset_type b, unsigned count)
{
  const int8_t *first_weight = weights + a;
  const int8_t *second_weight = weights + b;
  const uint8_t *end = x + count;
  int32_t first = sum[0];
  int32_t second = sum[1];
  if (count % 2 != 0) {
    first += *x * READ_INT8(first_weight++);
    second += *x++ * READ_INT8(second_weight++);
  }
  for (; x != end; x += 2) {
    first += x[0] * READ_INT8(first_weight++);
    second += x[0] * READ_INT8(second_weight++);
    first += x[1] * READ_INT8(first_weight++);
    second += x[1] * READ_INT8(second_weight++);
  }
  sum[0] = first;
  sum[1] = second;
}

/*@ dot4 */

/* A byte holds two weights, the first in its lower half. */
static int8_t weight_at(offset_type at)
{
  const uint8_t both = (uint8_t)READ_INT8(weights + at / 2);
  const uint8_t bits = at % 2 == 0 ? both & 15 : both >> 4;
  return (int8_t)((bits ^ 8) - 8);
}

/*@ dot2 */

/* A byte holds four weights, the first in its lowest bits. */
static int8_t weight_at(offset_type at)
{
  const uint8_t bits = ((uint8_t)READ_INT8(weights + at / 4) >> (at % 4 * 2)) & 3;
  return (int8_t)((bits ^ 2) - 2);
}

/*@ dot_packed */

/* Adds the products of x with the weights from `a` to the first sum, and with those from `b` to the second. */
static void dot(int32_t *sum, const uint8_t *x, offset_type a, offset_type b, unsigned count)
{
  const uint8_t *end = x + count;
  for (; x != end; ++x) {
    sum[0] += *x * weight_at(a++);
    sum[1] += *x * weight_at(b++);
  }
}

/*@ gather */

/* Copies channels first .. first + count - 1 of the window that ends in `slot`. */
static void gather(const struct stage *s, offset_type slot, unsigned first, unsigned count)
{
  const unsigned row = (unsigned)s->dilation_h * s->width;
  const unsigned before = (s->kernel_h - 1U) * row + (s->kernel_w - 1U) * s->dilation_w;
  const uint8_t *ring = memory + s->ring + first;
  unsigned start = slot >= before ? slot - before : slot + s->pixels - before;
  uint8_t *to = window;
  unsigned y, x, c;
  for (y = 0; y < s->kernel_h; ++y) {
    unsigned at = start;
    for (x = 0; x < s->kernel_w; ++x) {
      const uint8_t *from = ring + at * s->channels;
      for (c = 0; c < count; ++c) *to++ = *from++;
      at += s->dilation_w;
      if (at >= s->pixels) at -= s->pixels;
    }
    start += row;
    if (start >= s->pixels) start -= s->pixels;
  }
}

/* Whether a window ends in this pixel. */
static int ends_window(const struct stage *s, unsigned row, unsigned column)
{
  const unsigned first_row = (s->kernel_h - 1U) * s->dilation_h;
  const unsigned first_column = (s->kernel_w - 1U) * s->dilation_w;
  return row >= first_row && column >= first_column && (row - first_row) % s->stride_h == 0 &&
         (column - first_column) % s->stride_w == 0;
}

/*@ convolve */

static void convolve(const struct stage *s, offset_type slot, uint8_t *y)
{
  const unsigned inputs = s->channels / s->groups;
  const unsigned outputs = s->outputs / s->groups;
  const unsigned taps = inputs * s->kernel_h * s->kernel_w;
  offset_type weight = s->weight;
  unsigned channel = s->channel;
  unsigned first, k;
  for (first = 0; first < s->channels; first += inputs) {
    gather(s, slot, first, inputs);
    for (k = 0; k < outputs; k += 2) { /* an odd last one twice */
      const unsigned other = k + 1 < outputs ? 1 : 0;
      const offset_type second = (offset_type)(weight + other * taps);
      int32_t sum[2];
      sum[0] = BIAS(channel);
      sum[1] = BIAS(channel + other);
      dot(sum, window, weight, second, taps);
      weight = (offset_type)(second + taps);
      give(s, channel - s->channel, channel, sum[0], y);
      channel += other;
      give(s, channel - s->channel, channel, sum[1], y);
      ++channel;
    }
  }
}

/*@ convolve_plane */

/* A kernel as large as the plane: each pixel adds its part to the sums. */
static void convolve_pixel(const struct stage *s, unsigned place, const uint8_t *x, uint8_t *y)
{
  const unsigned places = (unsigned)s->height * s->width;
  const offset_type taps = (offset_type)(places * s->channels);
  int32_t *sum = sums + s->sum;
  offset_type weight = (offset_type)(s->weight + place * s->channels);
  unsigned k;
  for (k = 0; k < s->outputs; ++k) {
    if (place == 0) sum[k] = BIAS(s->channel + k);
  }
  for (k = 0; k < s->outputs; k += 2) { /* there is room for an even number of sums */
    const offset_type second = (offset_type)(k + 1U < s->outputs ? weight + taps : weight);
    dot(sum + k, x, weight, second, s->channels);
    weight = (offset_type)(second + taps);
  }
  if (place + 1 != places) return;
  for (k = 0; k < s->outputs; ++k) give(s, k, s->channel + k, sum[k], y);
}

/*@ max_windows */

static void max_of_window(const struct stage *s, offset_type slot, uint8_t *y)
{
  const unsigned count = (unsigned)s->kernel_h * s->kernel_w * s->channels;
  unsigned c, i;
  gather(s, slot, 0, s->channels);
  for (c = 0; c < s->channels; ++c) {
    y[c] = window[c];
    for (i = c; i < count; i += s->channels) {
      if (window[i] > y[c]) y[c] = window[i];
    }
  }
}

/*@ mean_windows */

static void mean_of_window(const struct stage *s, offset_type slot, uint8_t *y)
{
  const unsigned count = (unsigned)s->kernel_h * s->kernel_w * s->channels;
  unsigned c, i;
  gather(s, slot, 0, s->channels);
  for (c = 0; c < s->channels; ++c) {
    int32_t sum = BIAS(s->channel);
    for (i = c; i < count; i += s->channels) sum += window[i];
    give(s, c, s->channel, sum, y);
  }
}

/*@ tiles */

/* Where a pixel lies among windows that tile the plane: their number along the row, and whether the pixel is its
   window's first or last. Returns 0 if it is past the last whole window. */
static int find_tile(const struct stage *s, unsigned row, unsigned column, unsigned *tile, int *first, int *last)
{
  const unsigned y = row % s->kernel_h;
  const unsigned x = column % s->kernel_w;
  *tile = column / s->kernel_w;
  *first = y == 0 && x == 0;
  *last = y + 1 == s->kernel_h && x + 1 == s->kernel_w;
  return row - y + s->kernel_h <= s->height && column - x + s->kernel_w <= s->width;
}

/*@ max_tiles */

static int max_of_tile(const struct stage *s, unsigned row, unsigned column, const uint8_t *x, uint8_t *y)
{
  unsigned tile, c;
  int first, last;
  uint8_t *largest;
  if (!find_tile(s, row, column, &tile, &first, &last)) return 0;
  largest = memory + s->sum + tile * s->channels;
  for (c = 0; c < s->channels; ++c) {
    if (first || x[c] > largest[c]) largest[c] = x[c];
    if (last) y[c] = largest[c];
  }
  return last;
}

/*@ mean_tiles */

static int mean_of_tile(const struct stage *s, unsigned row, unsigned column, const uint8_t *x, uint8_t *y)
{
  unsigned tile, c;
  int first, last;
  int32_t *sum;
  if (!find_tile(s, row, column, &tile, &first, &last)) return 0;
  sum = sums + s->sum + tile * s->channels;
  for (c = 0; c < s->channels; ++c) {
    sum[c] = (first ? BIAS(s->channel) : sum[c]) + x[c];
    if (last) give(s, c, s->channel, sum[c], y);
  }
  return last;
}

/*@ add */

/* Pixels of a stage that wait until a later one adds them. */
static struct {
  offset_type oldest;
  offset_type newest;
} ends[QUEUES];

/* Puts a stage's pixel into all queues that want it. The image is stage 0. */
static void keep(unsigned stage, const uint8_t *pixel)
{
  unsigned i, c;
  for (i = 0; i < QUEUES; ++i) {
    READ_STRUCT(queue, q, &queues[i]);
    if (q->from == stage) {
      uint8_t *to = memory + q->at + ends[i].newest * q->channels;
      for (c = 0; c < q->channels; ++c) to[c] = pixel[c];
      if (++ends[i].newest == q->pixels) ends[i].newest = 0;
    }
  }
}

/* The sum of a pixel and of the oldest one in the stage's queue. */
static void add(const struct stage *s, const uint8_t *x, uint8_t *y)
{
  READ_STRUCT(queue, q, &queues[s->weight]);
  const uint8_t *other = memory + q->at + ends[s->weight].oldest * q->channels;
  unsigned c;
  for (c = 0; c < s->channels; ++c) {
    int64_t value = (int64_t)x[c] * MULTIPLIER(s->channel) + (int64_t)other[c] * MULTIPLIER(s->channel + 1) + q->offset;
    value = value < 0 ? 0 : value >> s->shift;
    y[c] = value > 255 ? 255 : (uint8_t)value;
  }
  if (++ends[s->weight].oldest == q->pixels) ends[s->weight].oldest = 0;
}

/*@ look_up */

static void look_up(const struct stage *s, const uint8_t *x, uint8_t *y)
{
  unsigned c;
  for (c = 0; c < s->channels; ++c) y[c] = READ_UINT8(tables + s->weight + x[c]);
}

/*@ slopes */

/* x - padding, by the first multiplier where it is at least 0, and elsewhere by the one of the channel */
static void scale_by_sign(const struct stage *s, const uint8_t *x, uint8_t *y)
{
  unsigned c;
  for (c = 0; c < s->channels; ++c) {
    const int32_t value = (int32_t)x[c] - s->padding;
    y[c] = requantise(value, MULTIPLIER(s->channel + (value < 0 ? c + 1 : 0)), s);
  }
}

/*@ newest */

static const uint8_t *newest(const struct stage *s, offset_type slot)
{
  return memory + s->ring + slot * s->channels;
}

/*@ step */

/* Takes the newest pixel of a stage. Returns whether it gives one to the next stage, at y. */
static int step(const struct stage *s, unsigned row, unsigned column, offset_type slot, uint8_t *y)
{
  switch (s->kind) {
/*@ step_convolve */
    case CONVOLVE:
      if (!ends_window(s, row, column)) return 0;
      convolve(s, slot, y);
      return 1;
/*@ step_convolve_plane */
    case CONVOLVE_PLANE: {
      const unsigned place = row * s->width + column;
      convolve_pixel(s, place, newest(s, slot), y);
      return place + 1 == (unsigned)s->height * s->width;
    }
/*@ step_max_windows */
    case MAX_WINDOWS:
      if (!ends_window(s, row, column)) return 0;
      max_of_window(s, slot, y);
      return 1;
/*@ step_mean_windows */
    case MEAN_WINDOWS:
      if (!ends_window(s, row, column)) return 0;
      mean_of_window(s, slot, y);
      return 1;
/*@ step_max_tiles */
    case MAX_TILES:
      return max_of_tile(s, row, column, newest(s, slot), y);
/*@ step_mean_tiles */
    case MEAN_TILES:
      return mean_of_tile(s, row, column, newest(s, slot), y);
/*@ step_add */
    case ADD:
      add(s, newest(s, slot), y);
      return 1;
/*@ step_look_up */
    case LOOK_UP:
      look_up(s, newest(s, slot), y);
      return 1;
/*@ step_slopes */
    case SLOPES:
      scale_by_sign(s, newest(s, slot), y);
      return 1;
/*@ step_end */
    default:
      return 0;
  }
}

/*@ advance */

static int take(unsigned level, const struct stage *s, uint8_t *y)
{
  const unsigned row = states[level].row;
  const unsigned column = states[level].column;
  const offset_type slot = states[level].slot;
  if (column + 1 == s->width) {
    states[level].row = (size_type)(row + 1);
    states[level].column = 0;
  } else {
    states[level].column = (size_type)(column + 1);
  }
  if (slot + 1 == s->pixels) {
    states[level].slot = 0;
    states[level].at = s->ring;
  } else {
    states[level].slot = (offset_type)(slot + 1);
    states[level].at = (offset_type)(states[level].at + s->channels);
  }
  return step(s, row, column, slot, y);
}

/*@ run */

/* Lets a new pixel pass through the stages as far as it comes. */
static void run(void)
{
  unsigned level;
  for (level = 0; level < STAGES; ++level) {
    READ_STRUCT(stage, s, &stages[level]);
    uint8_t *y = memory + (level + 1 < STAGES ? states[level + 1].at : OUTPUT);
    if (!take(level, s, y)) return;
    KEEP(level + 1, y);
  }
  finished = 1;
}

/*@ run_padded */

/* Whether a stage's next pixel is not in the plane, but around it; then it is put in its place. */
static int pad(unsigned level)
{
  READ_STRUCT(stage, s, &stages[level]);
  const unsigned row = states[level].row;
  const unsigned column = states[level].column;
  uint8_t *x = memory + states[level].at;
  unsigned c;
  if (row >= s->height) return 0;
  if (row >= s->top && row + s->bottom < s->height && column >= s->left && column + s->right < s->width) return 0;
  for (c = 0; c < s->channels; ++c) x[c] = PADDING(level, s, c);
  return 1;
}

/* Lets the new pixel of a stage, and those around its plane that follow, pass through the later stages as far as they
   come. */
static void run(unsigned base)
{
  unsigned level = base;
  for (;;) {
    READ_STRUCT(stage, s, &stages[level]);
    uint8_t *y = memory + (level + 1 < STAGES ? states[level + 1].at : OUTPUT);
    if (take(level, s, y)) {
      KEEP(level + 1, y);
      if (level + 1 < STAGES) {
        ++level;
        continue;
      }
      finished = 1;
    }
    while (!pad(level)) {
      if (level == base) return;
      --level;
    }
  }
}

/*@ begin */

void net_begin(void)
{
  unsigned level;
/*@ begin_queues */
  for (level = 0; level < QUEUES; ++level) ends[level].oldest = ends[level].newest = 0;
/*@ begin_stages */
  for (level = 0; level < STAGES; ++level) {
    READ_STRUCT(stage, s, &stages[level]);
    states[level].row = 0;
    states[level].column = 0;
    states[level].slot = 0;
    states[level].at = s->ring;
  }
  finished = 0;
/*@ begin_padded */
  for (level = STAGES; level-- > 0;) {
    if (pad(level)) run(level);
  }
/*@ push */
}

int net_push(const uint8_t *pixel)
{
  uint8_t *x = memory + states[0].at;
  unsigned k;
  int best = 0;
  for (k = 0; k < NET_CHANNELS; ++k) x[k] = pixel[k];
  KEEP(0, x);
  RUN();
  if (!finished) return -1;
/*@ push_bytes */
  for (k = 0; k < NET_CLASSES; ++k) logits[k] = memory[OUTPUT + k];
/*@ predict */
  for (k = 1; k < NET_CLASSES; ++k) {
    if (logits[k] > logits[best]) best = (int)k;
  }
  return best;
}

int net_predict(const uint8_t *image)
{
  const uint8_t *end = image + (uint32_t)NET_HEIGHT * NET_WIDTH * NET_CHANNELS;
  int result = -1;
  net_begin();
  for (; image != end; image += NET_CHANNELS) result = net_push(image);
  return result;
}

const int32_t *net_logits(void)
{
  return logits;
}
/*@ test */

int main(void)
{
  unsigned right = 0;
  unsigned i, k, p;
  for (i = 0; i < IMAGES; ++i) {
    unsigned same = 0;
    net_begin();
    for (p = 0; p < PIXELS; p += NET_CHANNELS) {
      uint8_t pixel[NET_CHANNELS];
      for (k = 0; k < NET_CHANNELS; ++k) pixel[k] = READ_UINT8(images + (uint32_t)i * PIXELS + p + k);
      net_push(pixel);
    }
    for (k = 0; k < NET_CLASSES; ++k) {
      if (net_logits()[k] == READ_INT32(expected + i * NET_CLASSES + k)) ++same;
    }
    if (same == NET_CLASSES) ++right;
  }
  printf("net: %u of %u images have the expected logits\n", right, (unsigned)IMAGES);
  return right == IMAGES ? 0 : 1;
}
/*@ header_push */

/* The same, pixel by pixel: begin an image, then push its pixels, row after row. The class comes with the last one, -1
   before. */
void net_begin(void);
int net_push(const uint8_t *pixel);
/*@ header */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NET_CHANNELS @channels@
#define NET_HEIGHT @height@
#define NET_WIDTH @width@
#define NET_CLASSES @classes@

/* The class of an image: NET_HEIGHT rows of NET_WIDTH pixels of NET_CHANNELS bytes. Then its logits, NET_CLASSES of
   them@about@. */
int net_predict(const uint8_t *image);
const @number@ *net_logits(void);
@push@
#ifdef __cplusplus
}
#endif

#endif
/*@ end */
