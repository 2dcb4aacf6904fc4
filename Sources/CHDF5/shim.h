// What Swift cannot see of libhdf5: constants that are macros with casts or calls in them, and functions whose names or
// record types are macros that differ between the library's versions. Only `HDF5` imports this module.
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <string.h>
#include <zlib.h>

// MARK: Constants

static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_whole_extent(void) { return H5S_ALL; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }

static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_link_create(void) { return H5P_LINK_CREATE; }

static inline hid_t chdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_int32_little(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_int64_little(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_float32_little(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_float32_big(void) { return H5T_IEEE_F32BE; }
static inline hid_t chdf5_float64_little(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_float64_big(void) { return H5T_IEEE_F64BE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

// MARK: zlib, which libhdf5 packs chunks with

// Whether `packed` is a whole zlib stream of exactly `size` bytes, which go to `bytes`; nothing is written beyond them.
static inline int chdf5_unpack(const void *packed, size_t packed_size, void *bytes, size_t size) {
  uLongf unpacked = size;
  int status = uncompress((Bytef *)bytes, &unpacked, (const Bytef *)packed, packed_size);
  return status == Z_OK && unpacked == size;
}

// MARK: The error stack

struct chdf5_message {
  char *text;
  size_t capacity;
};

static inline herr_t chdf5_copy_innermost(unsigned position, const H5E_error2_t *entry, void *context) {
  struct chdf5_message *message = (struct chdf5_message *)context;
  if (position == 0 && entry->desc) {
    strncpy(message->text, entry->desc, message->capacity - 1);
    message->text[message->capacity - 1] = '\0';
  }
  return 0;
}

// Copies the innermost description of the error stack, which the next library call clears, and leaves `text` empty if
// there is none.
static inline void chdf5_innermost_error(char *text, size_t capacity) {
  struct chdf5_message message = {text, capacity};
  text[0] = '\0';
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, chdf5_copy_innermost, &message);
}

// Once per process: no code is loaded because a file asks for a filter plug-in.
static inline herr_t chdf5_prepare(void) {
  if (H5open() < 0) return -1;
  return H5PLset_loading_state(0);
}

// No printing of errors. Where the library was built for threads, each of them has an error stack of its own.
static inline void chdf5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// MARK: Links (their functions and records carry version numbers from 1.12 on)

enum chdf5_link { CHDF5_LINK_FAILED = -1, CHDF5_LINK_HARD, CHDF5_LINK_SOFT, CHDF5_LINK_EXTERNAL, CHDF5_LINK_OTHER };

static inline int chdf5_link_kind(H5L_type_t type) {
  switch (type) {
  case H5L_TYPE_HARD: return CHDF5_LINK_HARD;
  case H5L_TYPE_SOFT: return CHDF5_LINK_SOFT;
  case H5L_TYPE_EXTERNAL: return CHDF5_LINK_EXTERNAL;
  default: return CHDF5_LINK_OTHER;
  }
}

// The kind of an existing link; for soft and external ones also the size of what it points to, with its NUL.
static inline int chdf5_link(hid_t group, const char *name, size_t *value_size) {
  H5L_info_t info;
  *value_size = 0;
  if (H5Lget_info(group, name, &info, H5P_DEFAULT) < 0) return CHDF5_LINK_FAILED;
  if (info.type != H5L_TYPE_HARD) *value_size = info.u.val_size;
  return chdf5_link_kind(info.type);
}

// Where an object's header stands in its file.
static inline herr_t chdf5_header_address(hid_t object, uint64_t *address) {
  H5G_stat_t status;
  if (H5Gget_objinfo(object, ".", 0, &status) < 0) return -1;
  *address = status.objno[0];
  if (sizeof status.objno[0] < 8) *address |= (uint64_t)status.objno[1] << 32;
  return 0;
}

typedef void (*chdf5_visitor)(void *context, const char *name, int kind);
struct chdf5_visit {
  chdf5_visitor visitor;
  void *context;
};

static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  struct chdf5_visit *visit = (struct chdf5_visit *)context;
  (void)group;
  visit->visitor(visit->context, name, chdf5_link_kind(info->type));
  return 0;
}

// Calls `visitor` for every link of a group, in the order in which the library finds them. (To order them it would make a
// table, which version 1.10 releases uninitialised when a structure turns out to be damaged.)
static inline herr_t chdf5_visit_links(hid_t group, chdf5_visitor visitor, void *context) {
  struct chdf5_visit visit = {visitor, context};
  hsize_t position = 0;
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &position, chdf5_visit_link, &visit);
}

static inline herr_t chdf5_visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  struct chdf5_visit *visit = (struct chdf5_visit *)context;
  (void)object;
  (void)info;
  visit->visitor(visit->context, name, 0);
  return 0;
}

// Calls `visitor` for every attribute of an object, in the order in which the library finds them.
static inline herr_t chdf5_visit_attributes(hid_t object, chdf5_visitor visitor, void *context) {
  struct chdf5_visit visit = {visitor, context};
  hsize_t position = 0;
  return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &position, chdf5_visit_attribute, &visit);
}

#endif
