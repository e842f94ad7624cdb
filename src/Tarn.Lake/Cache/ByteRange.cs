namespace Tarn.Lake;

/// <summary>Some bytes of an object: from <paramref name="Start"/> up to, and without, <paramref name="End"/>.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;
}
