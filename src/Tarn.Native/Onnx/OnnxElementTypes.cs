using Tarn.Core;

namespace Tarn.Native;

/// <summary>How the elements of a tensor lie in memory, and which C# types stand for them.</summary>
internal static class OnnxElementTypes
{
    /// <summary>The type that a C# type stands for where none is named.</summary>
    internal static OnnxElementType Of<T>()
        where T : unmanaged
    {
        var type = default(T) switch
        {
            float => OnnxElementType.Float,
            byte => OnnxElementType.UInt8,
            sbyte => OnnxElementType.Int8,
            ushort => OnnxElementType.UInt16,
            short => OnnxElementType.Int16,
            int => OnnxElementType.Int32,
            long => OnnxElementType.Int64,
            bool => OnnxElementType.Bool,
            Half => OnnxElementType.Float16,
            double => OnnxElementType.Double,
            uint => OnnxElementType.UInt32,
            ulong => OnnxElementType.UInt64,
            _ => OnnxElementType.Undefined,
        };
        return type != OnnxElementType.Undefined
            ? type
            : throw TarnException.InvalidInput("A tensor's elements must be numbers or booleans.", typeof(T).Name, "Use float, double, Half, bool, or an integer type of 8 to 64 bits.");
    }

    /// <summary>The bits of an element; 0 for text and what is no tensor.</summary>
    internal static int Bits(this OnnxElementType type) => type switch
    {
        OnnxElementType.UInt2 or OnnxElementType.Int2 => 2,
        OnnxElementType.UInt4 or OnnxElementType.Int4 or OnnxElementType.Float4E2M1 => 4,
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Bool => 8,
        OnnxElementType.Float8E4M3FN or OnnxElementType.Float8E4M3FNUZ or OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FNUZ => 8,
        OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 16,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 32,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 => 64,
        _ => 0,
    };

    /// <summary>The bytes that this many elements take.</summary>
    internal static long BytesOf(this OnnxElementType type, long count) => ((count * type.Bits()) + 7) / 8;

    /// <summary>How many C# elements of the type's memory hold this many elements of the tensor: fewer where several share a byte.</summary>
    internal static long Slots(this OnnxElementType type, long count)
    {
        var bits = type.Bits();
        return bits is > 0 and < 8 ? ((count * bits) + 7) / 8 : count;
    }

    /// <summary>Whether memory of elements <typeparamref name="T"/> may stand for the type.</summary>
    internal static bool IsHeldIn<T>(this OnnxElementType type)
        where T : unmanaged => type switch
        {
            OnnxElementType.Undefined or OnnxElementType.String or OnnxElementType.Complex64 or OnnxElementType.Complex128 => false,
            OnnxElementType.BFloat16 => typeof(T) == typeof(ushort),
            OnnxElementType.Float8E4M3FN or OnnxElementType.Float8E4M3FNUZ or OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FNUZ => typeof(T) == typeof(byte),
            _ when type.Bits() < 8 => typeof(T) == typeof(byte),
            OnnxElementType.Float16 => typeof(T) == typeof(Half),
            _ => typeof(T).IsPrimitive && typeof(T) != typeof(char) && typeof(T) != typeof(nint) && typeof(T) != typeof(nuint) && Of<T>() == type,
        };
}
