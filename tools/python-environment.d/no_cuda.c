// What torchvision's decoders want from CUDA's half of PyTorch, none of which a decoder for CPUs calls: see peers.finish.
#include <stdlib.h>

#define ABSENT(symbol) \
  void symbol(void) { abort(); }

ABSENT(_ZN3c104cuda12device_countEv)
ABSENT(_ZN3c104cuda14ExchangeDeviceEa)
ABSENT(_ZN3c104cuda14MaybeSetDeviceEa)
ABSENT(_ZN3c104cuda14current_deviceEv)
ABSENT(_ZN3c104cuda17getStreamFromPoolEba)
ABSENT(_ZN3c104cuda17getStreamFromPoolEia)
ABSENT(_ZN3c104cuda20getCurrentCUDAStreamEa)
ABSENT(_ZN3c104cuda20getDefaultCUDAStreamEa)
ABSENT(_ZN3c104cuda20setCurrentCUDAStreamENS0_10CUDAStreamE)
ABSENT(_ZN3c104cuda29c10_cuda_check_implementationEiPKcS2_jb)
ABSENT(_ZN3c104cuda9GetDeviceEPa)
ABSENT(_ZN3c104cuda9SetDeviceEab)
ABSENT(_ZNK3c104cuda10CUDAStream11synchronizeEv)
ABSENT(_ZNK3c104cuda10CUDAStream5queryEv)
ABSENT(_ZNK3c104cuda10CUDAStream6streamEv)
void *_ZN3c104cuda20CUDACachingAllocator9allocatorE;
