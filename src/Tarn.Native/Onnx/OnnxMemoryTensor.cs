using Tarn.Core;

namespace Tarn.Native;

/// <summary>A tensor in the caller's memory for one run (<see cref="OnnxSession.Run(ReadOnlySpan{OnnxMemoryTensor}, ReadOnlySpan{OnnxValue})"/>): what an <see cref="OnnxValue"/> is for many, without an object to make and dispose.</summary>
/// <param name="Type">The type of the elements; not text.</param>
/// <param name="Data">The elements' bytes, little-endian, the last dimension varying fastest.</param>
/// <param name="Shape">The dimensions; none for a scalar.</param>
public readonly record struct OnnxMemoryTensor(OnnxElementType Type, Memory<byte> Data, ReadOnlyMemory<long> Shape)
{
    /// <summary>Checks that type, memory and shape fit one another; says how many elements there are.</summary>
    /// <exception cref="TarnException">They do not.</exception>
    internal long Check() => OnnxValue.CheckBytes(Type, Data.Length, Shape.Span);
}
