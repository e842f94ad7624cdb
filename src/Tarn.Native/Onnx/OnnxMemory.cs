namespace Tarn.Native;

/// <summary>What a session's allocator of processor memory holds, as ONNX Runtime's arena counts it. Weights are in it; the memory of values that the caller made is not.</summary>
/// <param name="Held">Bytes that it has taken from the system and not given back.</param>
/// <param name="InUse">Bytes of them that are in use at this moment.</param>
/// <param name="MostInUse">The most that were in use at once.</param>
public readonly record struct OnnxMemory(long Held, long InUse, long MostInUse);
