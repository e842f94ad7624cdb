namespace Tarn.Native;

/// <summary>Turns pixels as EXIF's orientation says.</summary>
internal static class ImageOrientation
{
    /// <summary>
    /// The pixels as they are to be seen. By EXIF's numbers: 1 as stored, 2 mirrored left to right, 3 turned by 180°, 4 mirrored top to bottom, 5 transposed, 6 to be turned
    /// by 90° clockwise, 7 transposed along the other diagonal, 8 to be turned by 90° counter-clockwise.
    /// </summary>
    internal static PixelBuffer Apply(PixelBuffer source, int orientation)
    {
        if (orientation == 1)
        {
            return source;
        }

        var turned = orientation >= 5;
        var result = PixelBuffer.Create(turned ? source.Height : source.Width, turned ? source.Width : source.Height, source.Pool);
        var from = source.Span;
        var to = result.Span;
        var (width, height) = (source.Width, source.Height);

        // Where the pixel of a place comes from: its origin, and the steps in the source for a step right and a step down.
        var (origin, right, down) = orientation switch
        {
            2 => (width - 1, -1, width),
            3 => ((width * height) - 1, -1, -width),
            4 => (width * (height - 1), 1, -width),
            5 => (0, width, 1),
            6 => (width * (height - 1), -width, 1),
            7 => ((width * height) - 1, -width, -1),
            _ => (width - 1, width, -1),
        };
        var at = 0;
        for (var y = 0; y < result.Height; y++)
        {
            var pixel = (origin + (y * down)) * 3;
            for (var x = 0; x < result.Width; x++, at += 3, pixel += right * 3)
            {
                to[at] = from[pixel];
                to[at + 1] = from[pixel + 1];
                to[at + 2] = from[pixel + 2];
            }
        }

        source.Dispose();
        return result;
    }
}
