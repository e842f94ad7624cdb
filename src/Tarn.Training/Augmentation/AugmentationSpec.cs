using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// How views of an image are drawn: each value evenly from its range, by the image's hash and the view's number, so that the same view is the same wherever and whenever it is
/// made. View 0 is the image itself. The defaults are those of a network that looks at photos: nothing that makes of one class another.
/// </summary>
public sealed record AugmentationSpec
{
    /// <summary>No views but the image itself.</summary>
    public static AugmentationSpec None { get; } = new()
    {
        FlipHorizontally = false,
        Rotation = 0,
        Shift = 0,
        Zoom = 0,
        Shear = 0,
        Brightness = 0,
        ChannelShift = 0,
    };

    /// <summary>Whether every second view, by chance, is mirrored left to right. Default true.</summary>
    public bool FlipHorizontally { get; init; } = true;

    /// <summary>Whether every second view, by chance, is mirrored top to bottom. Default false; for pictures from above.</summary>
    public bool FlipVertically { get; init; }

    /// <summary>Turned by up to so many degrees, either way. Default 15; 0 to 180.</summary>
    public double Rotation { get; init; } = 15;

    /// <summary>Shifted by up to this part of the width and of the height. Default 0.1; 0 to 0.5.</summary>
    public double Shift { get; init; } = 0.1;

    /// <summary>Enlarged or made smaller by a factor of up to 1 + this, evenly in its logarithm. Default 0.15; 0 to 1.</summary>
    public double Zoom { get; init; } = 0.15;

    /// <summary>Slanted by up to so many degrees. Default 8; 0 to 45.</summary>
    public double Shear { get; init; } = 8;

    /// <summary>Multiplied by a factor of 1 − this to 1 + this. Default 0.2; 0 to 0.9.</summary>
    public double Brightness { get; init; } = 0.2;

    /// <summary>Up to so many steps of 255 added to each of the three channels, or taken away. Default 12; 0 to 128.</summary>
    public double ChannelShift { get; init; } = 12;

    /// <summary>What stands outside the image. Default <see cref="BorderMode.Reflect"/>.</summary>
    public BorderMode Border { get; init; } = BorderMode.Reflect;

    /// <summary>Another number draws other views. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// What tells these views from those of another spec, 16 hexadecimal digits: the key by which their embeddings are kept, together with the view's number. All specs have
    /// view 0 in common.
    /// </summary>
    public string Key
    {
        get
        {
            FormattableString text = $"1 {FlipHorizontally} {FlipVertically} {Rotation:r} {Shift:r} {Zoom:r} {Shear:r} {Brightness:r} {ChannelShift:r} {Border} {Seed}";
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture))))[..16];
        }
    }

    /// <summary>Every rule that the spec breaks, none where it is good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var rules = new OptionRules();
        Range(Rotation, 0, 180, nameof(Rotation));
        Range(Shift, 0, 0.5, nameof(Shift));
        Range(Zoom, 0, 1, nameof(Zoom));
        Range(Shear, 0, 45, nameof(Shear));
        Range(Brightness, 0, 0.9, nameof(Brightness));
        Range(ChannelShift, 0, 128, nameof(ChannelShift));
        return rules.Broken;

        void Range(double value, double from, double to, string name) => rules.Add(value >= from && value <= to, $"{name} = {value}: {from} to {to}");
    }

    internal void Validate() => OptionRules.Check(Errors(), "The ranges of views keep theirs.");
}
