using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>
/// The part of ONNX Runtime's C API that is called: a table of functions, each at the place that it has kept since its first version.
/// Every function that can fail returns a status, null where it did not.
/// </summary>
internal static unsafe class OnnxApi
{
    // Places of the functions that release: void f(object).
    internal const int ReleaseMemoryInfo = 94;
    internal const int ReleaseSession = 95;
    internal const int ReleaseValue = 96;
    internal const int ReleaseRunOptions = 97;
    internal const int ReleaseTypeInfo = 98;
    internal const int ReleaseTensorInfo = 99;
    internal const int ReleaseSessionOptions = 100;
    internal const int ReleaseModelMetadata = 118;
    internal const int ReleaseThreadingOptions = 122;
    internal const int ReleaseAllocator = 132;
    internal const int ReleaseIoBinding = 135;
    internal const int ReleaseArenaConfiguration = 157;
    internal const int ReleasePrepackedWeights = 167;
    internal const int ReleaseKeyValuePairs = 300;

    // Functions of one of the common shapes below.
    internal const int CreateSessionOptions = 10;
    internal const int SetOptimizedModelFilePath = 11;
    internal const int SetExecutionMode = 13;
    internal const int DisableMemoryPattern = 17;
    internal const int DisableCpuArena = 19;
    internal const int SetGraphOptimization = 23;
    internal const int SetIntraOpThreads = 24;
    internal const int SetInterOpThreads = 25;
    internal const int InputCount = 30;
    internal const int OutputCount = 31;
    internal const int InputTypeInfo = 33;
    internal const int OutputTypeInfo = 34;
    internal const int InputName = 36;
    internal const int OutputName = 37;
    internal const int CreateRunOptions = 39;
    internal const int SetRunTag = 42;
    internal const int SetTerminate = 46;
    internal const int UnsetTerminate = 47;
    internal const int TensorData = 51;
    internal const int StringsLength = 53;
    internal const int CastToTensorInfo = 55;
    internal const int KindOfTypeInfo = 56;
    internal const int ElementTypeOf = 60;
    internal const int DimensionCount = 61;
    internal const int TensorInfoOf = 65;
    internal const int KindOfValue = 67;
    internal const int DefaultAllocator = 78;
    internal const int ValueCount = 81;
    internal const int ModelMetadata = 111;
    internal const int MetadataProducer = 112;
    internal const int MetadataGraph = 113;
    internal const int MetadataDomain = 114;
    internal const int MetadataDescription = 115;
    internal const int MetadataVersion = 117;
    internal const int DisablePerSessionThreads = 120;
    internal const int CreateThreadingOptions = 121;
    internal const int AddFreeDimension = 124;
    internal const int AddSessionConfiguration = 130;
    internal const int CreateIoBinding = 134;
    internal const int BindInput = 136;
    internal const int BindOutput = 137;
    internal const int BindOutputToDevice = 138;
    internal const int ClearBoundInputs = 141;
    internal const int ClearBoundOutputs = 142;
    internal const int SetGlobalIntraOpThreads = 147;
    internal const int SetGlobalInterOpThreads = 148;
    internal const int SetGlobalSpin = 149;
    internal const int AddInitializer = 150;
    internal const int AddRunConfiguration = 165;
    internal const int CreatePrepackedWeights = 166;
    internal const int HasValue = 192;
    internal const int AllocatorStatistics = 319;

    internal static int ErrorCode(nint status) => ((delegate* unmanaged<nint, int>)OnnxLibrary.Table[1])(status);

    internal static nint ErrorMessage(nint status) => ((delegate* unmanaged<nint, nint>)OnnxLibrary.Table[2])(status);

    internal static void ReleaseStatus(nint status) => ((delegate* unmanaged<nint, void>)OnnxLibrary.Table[93])(status);

    internal static void Release(int place, nint pointer) => ((delegate* unmanaged<nint, void>)OnnxLibrary.Table[place])(pointer);

    internal static nint CreateEnvironment(nint logger, int severity, byte* id, nint threading, out nint environment)
    {
        fixed (nint* result = &environment)
        {
            return ((delegate* unmanaged<nint, nint, int, byte*, nint, nint*, nint>)OnnxLibrary.Table[151])(logger, 0, severity, id, threading, result);
        }
    }

    /// <summary>The memory of the processor: the caller's own (OrtDeviceAllocator) or an arena's (OrtArenaAllocator); OrtMemTypeDefault.</summary>
    internal static nint CreateCpuMemoryInfo(bool arena, out nint info)
    {
        fixed (nint* result = &info)
        {
            return ((delegate* unmanaged<int, int, nint*, nint>)OnnxLibrary.Table[69])(arena ? 1 : 0, 0, result);
        }
    }

    /// <summary>A session's allocator of a kind of memory.</summary>
    internal static nint CreateAllocator(nint session, nint memory, out nint allocator)
    {
        fixed (nint* result = &allocator)
        {
            return ((delegate* unmanaged<nint, nint, nint*, nint>)OnnxLibrary.Table[131])(session, memory, result);
        }
    }

    /// <summary>The text of a key of pairs, theirs; null where they do not have the key.</summary>
    internal static nint ValueOf(nint pairs, byte* key) => ((delegate* unmanaged<nint, byte*, nint>)OnnxLibrary.Table[297])(pairs, key);

    internal static nint Free(nint allocator, nint pointer) => ((delegate* unmanaged<nint, nint, nint>)OnnxLibrary.Table[76])(allocator, pointer);

    internal static nint CreateAndRegisterAllocator(nint environment, nint memory, nint arena) =>
        ((delegate* unmanaged<nint, nint, nint, nint>)OnnxLibrary.Table[144])(environment, memory, arena);

    internal static nint CreateArenaConfiguration(nint* keys, nuint* values, nuint count, out nint configuration)
    {
        fixed (nint* result = &configuration)
        {
            return ((delegate* unmanaged<nint*, nuint*, nuint, nint*, nint>)OnnxLibrary.Table[164])(keys, values, count, result);
        }
    }

    /// <summary>status f(out object)</summary>
    internal static nint Create(int place, out nint created)
    {
        fixed (nint* result = &created)
        {
            return ((delegate* unmanaged<nint*, nint>)OnnxLibrary.Table[place])(result);
        }
    }

    /// <summary>status f(object, out T) of one machine word, a count or a pointer.</summary>
    internal static nint Get(int place, nint from, out nint value)
    {
        fixed (nint* result = &value)
        {
            return ((delegate* unmanaged<nint, nint*, nint>)OnnxLibrary.Table[place])(from, result);
        }
    }

    /// <summary>status f(object, out enum)</summary>
    internal static nint Get(int place, nint from, out int value)
    {
        fixed (int* result = &value)
        {
            return ((delegate* unmanaged<nint, int*, nint>)OnnxLibrary.Table[place])(from, result);
        }
    }

    /// <summary>status f(object, index, out object)</summary>
    internal static nint GetAt(int place, nint from, nuint index, out nint value)
    {
        fixed (nint* result = &value)
        {
            return ((delegate* unmanaged<nint, nuint, nint*, nint>)OnnxLibrary.Table[place])(from, index, result);
        }
    }

    /// <summary>status f(object)</summary>
    internal static nint Call(int place, nint on) => ((delegate* unmanaged<nint, nint>)OnnxLibrary.Table[place])(on);

    /// <summary>status f(object, int)</summary>
    internal static nint Set(int place, nint on, int value) => ((delegate* unmanaged<nint, int, nint>)OnnxLibrary.Table[place])(on, value);

    /// <summary>status f(object, text)</summary>
    internal static nint Set(int place, nint on, byte* text) => ((delegate* unmanaged<nint, byte*, nint>)OnnxLibrary.Table[place])(on, text);

    /// <summary>status f(object, text, text)</summary>
    internal static nint Set(int place, nint on, byte* key, byte* value) => ((delegate* unmanaged<nint, byte*, byte*, nint>)OnnxLibrary.Table[place])(on, key, value);

    /// <summary>status f(object, text, long)</summary>
    internal static nint Set(int place, nint on, byte* key, long value) => ((delegate* unmanaged<nint, byte*, long, nint>)OnnxLibrary.Table[place])(on, key, value);

    /// <summary>status f(object, text, object)</summary>
    internal static nint Set(int place, nint on, byte* key, nint value) => ((delegate* unmanaged<nint, byte*, nint, nint>)OnnxLibrary.Table[place])(on, key, value);

    /// <summary>status f(object, allocator, out text)</summary>
    internal static string Text(int place, nint from)
    {
        nint text;
        OnnxErrors.Check(((delegate* unmanaged<nint, nint, nint*, nint>)OnnxLibrary.Table[place])(from, OnnxRuntime.Allocator, &text));
        return TakeText(text);
    }

    /// <summary>status f(object, index, allocator, out text)</summary>
    internal static string TextAt(int place, nint from, nuint index)
    {
        nint text;
        OnnxErrors.Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)OnnxLibrary.Table[place])(from, index, OnnxRuntime.Allocator, &text));
        return TakeText(text);
    }

    /// <summary>Takes a text that the default allocator made.</summary>
    internal static string TakeText(nint text)
    {
        var result = Marshal.PtrToStringUTF8(text) ?? "";
        OnnxErrors.Check(Free(OnnxRuntime.Allocator, text));
        return result;
    }
}
