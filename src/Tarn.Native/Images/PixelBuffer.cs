using System.Buffers;

namespace Tarn.Native;

/// <summary>Pixels on their way: in an array of their own that becomes an <see cref="RgbImage"/>, or in a rented one where they are only passed through.</summary>
internal readonly record struct PixelBuffer(byte[] Bytes, int Width, int Height, bool Pooled) : IDisposable
{
    internal Span<byte> Span => Bytes.AsSpan(0, Width * Height * 3);

    internal static PixelBuffer Create(int width, int height, bool pooled)
    {
        _ = RgbImage.CheckSize(width, height);
        var length = width * height * 3;
        return new PixelBuffer(pooled ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length), width, height, pooled);
    }

    internal RgbImage ToImage() => new(Width, Height, Bytes.AsMemory(0, Width * Height * 3));

    public void Dispose()
    {
        if (Pooled)
        {
            ArrayPool<byte>.Shared.Return(Bytes);
        }
    }
}
