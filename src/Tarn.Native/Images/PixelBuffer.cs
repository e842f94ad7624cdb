using System.Buffers;

namespace Tarn.Native;

/// <summary>Pixels on their way: in an array of their own that becomes an <see cref="RgbImage"/>, or in one of a pool where they are passed through or go back.</summary>
internal readonly record struct PixelBuffer(byte[] Bytes, int Width, int Height, ArrayPool<byte>? Pool) : IDisposable
{
    internal Span<byte> Span => Bytes.AsSpan(0, Width * Height * 3);

    internal static PixelBuffer Create(int width, int height, ArrayPool<byte>? pool)
    {
        _ = RgbImage.CheckSize(width, height);
        var length = width * height * 3;
        return new PixelBuffer(pool?.Rent(length) ?? GC.AllocateUninitializedArray<byte>(length), width, height, pool);
    }

    internal RgbImage ToImage() => new(Width, Height, Bytes.AsMemory(0, Width * Height * 3));

    public void Dispose() => Pool?.Return(Bytes);
}
