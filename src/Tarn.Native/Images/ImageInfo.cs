namespace Tarn.Native;

/// <summary>The formats that are read; JPEG and PNG are written too.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: baseline and progressive, grey, colour, CMYK.</summary>
    Jpeg = 0,

    /// <summary>PNG; an animated one gives its first picture.</summary>
    Png = 1,

    /// <summary>WebP, lossy and lossless; an animated one gives its first picture.</summary>
    WebP = 2,

    /// <summary>GIF; an animated one gives its first picture.</summary>
    Gif = 3,
}

/// <summary>What an image's header says.</summary>
/// <param name="Format">The format, by its content and not by any file name.</param>
/// <param name="Width">Pixels in a row, as stored: before <paramref name="Orientation"/> is applied.</param>
/// <param name="Height">Rows, as stored.</param>
/// <param name="Frames">Pictures in the file: 1, or more where it is animated.</param>
/// <param name="Orientation">How to turn it, by EXIF's numbers 1 to 8; 1 where nothing is said or what is said makes no sense.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height, int Frames, int Orientation)
{
    /// <summary>Whether it holds several pictures.</summary>
    public bool IsAnimated => Frames > 1;

    /// <summary>The width as it is to be seen.</summary>
    public int SeenWidth => Orientation >= 5 ? Height : Width;

    /// <summary>The height as it is to be seen.</summary>
    public int SeenHeight => Orientation >= 5 ? Width : Height;
}
