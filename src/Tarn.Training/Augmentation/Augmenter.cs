using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Makes the views of images that a spec describes. Safe for use from several threads.</summary>
public sealed class Augmenter
{
    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private readonly AugmentationSpec _spec;

    /// <summary>Takes a spec.</summary>
    /// <param name="spec">What views are like.</param>
    /// <exception cref="TarnException">The spec breaks its ranges: all that it breaks are told.</exception>
    public Augmenter(AugmentationSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        spec.Validate();
        _spec = spec;
    }

    /// <summary>A view of an image, of the image's size. Mirroring, turning, slanting, zoom and shift are one change of places, so that pixels are computed once.</summary>
    /// <param name="image">The image, as it was decoded.</param>
    /// <param name="imageHash">The SHA-256 of its file, in hexadecimal digits: what the view is drawn from.</param>
    /// <param name="view">The view's number; 0 is the image itself.</param>
    /// <exception cref="TarnException">The hash is none, or the number is negative.</exception>
    public RgbImage View(RgbImage image, string imageHash, int view)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(imageHash);
        if (view < 0 || imageHash.Length < 32 || imageHash.AsSpan(0, 32).ContainsAnyExcept(Digits))
        {
            throw TarnException.InvalidInput("A view is drawn by the image's SHA-256 and a number from 0 on.", string.Create(CultureInfo.InvariantCulture, $"view {view} of {imageHash}"));
        }

        if (view == 0)
        {
            return image;
        }

        var drawn = ImageView.Draw(_spec, imageHash, view, image.Width, image.Height);
        if (drawn.Placement.IsIdentity && !drawn.ChangesColour)
        {
            return image;
        }

        var pixels = GC.AllocateUninitializedArray<byte>(image.Pixels.Length);
        if (drawn.Placement.IsIdentity)
        {
            image.Pixels.Span.CopyTo(pixels);
        }
        else
        {
            AffineSampler.Run(image, drawn.Placement, _spec.Border, pixels);
        }

        if (drawn.ChangesColour)
        {
            Recolour(pixels, drawn);
        }

        return new RgbImage(image.Width, image.Height, pixels);
    }

    private static void Recolour(Span<byte> pixels, ImageView view)
    {
        var red = Steps(view.Gain, view.Offsets.Red);
        var green = Steps(view.Gain, view.Offsets.Green);
        var blue = Steps(view.Gain, view.Offsets.Blue);
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            pixels[i] = red[pixels[i]];
            pixels[i + 1] = green[pixels[i + 1]];
            pixels[i + 2] = blue[pixels[i + 2]];
        }
    }

    private static byte[] Steps(float gain, float offset)
    {
        var steps = new byte[256];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = (byte)Math.Clamp(MathF.Round((i * gain) + offset), 0, 255);
        }

        return steps;
    }
}
