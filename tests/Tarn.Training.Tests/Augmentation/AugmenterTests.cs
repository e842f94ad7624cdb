using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class AugmenterTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void View_0_is_the_image_and_a_view_is_the_same_each_time_and_unlike_the_others()
    {
        var image = Photos.Draw(1, 120, 90);
        var augmenter = new Augmenter(new AugmentationSpec());
        Assert.Same(image, augmenter.View(image, Hash, 0));
        var views = Enumerable.Range(1, 6).Select(v => augmenter.View(image, Hash, v)).ToList();
        for (var v = 0; v < views.Count; v++)
        {
            Assert.Equal((120, 90), (views[v].Width, views[v].Height));
            Assert.Equal(views[v].Pixels.ToArray(), new Augmenter(new AugmentationSpec()).View(image, Hash, v + 1).Pixels.ToArray());
            Assert.All(views.Skip(v + 1), other => Assert.NotEqual(views[v].Pixels.ToArray(), other.Pixels.ToArray()));
        }

        Assert.NotEqual(views[0].Pixels.ToArray(), augmenter.View(image, "1" + Hash[1..], 1).Pixels.ToArray());
        Assert.NotEqual(views[0].Pixels.ToArray(), new Augmenter(new AugmentationSpec { Seed = 1 }).View(image, Hash, 1).Pixels.ToArray());
    }

    [Fact]
    public void Mirroring_alone_moves_pixels_and_changes_none()
    {
        var image = Photos.Draw(2, 31, 20);
        var augmenter = new Augmenter(AugmentationSpec.None with { FlipHorizontally = true, FlipVertically = true });
        var seen = new HashSet<(bool, bool)>();
        for (var v = 1; v <= 12; v++)
        {
            var view = augmenter.View(image, Hash, v);
            var (across, upside) = (Matches(view, true, false) || Matches(view, true, true), Matches(view, false, true) || Matches(view, true, true));
            Assert.True(Matches(view, across, upside), $"view {v}");
            seen.Add((across, upside));
        }

        Assert.Equal(4, seen.Count);

        bool Matches(RgbImage view, bool across, bool upside)
        {
            for (var y = 0; y < 20; y++)
            {
                for (var x = 0; x < 31; x++)
                {
                    if (view[x, y] != image[across ? 30 - x : x, upside ? 19 - y : y])
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    [Fact]
    public void None_changes_nothing() => Assert.Equal(Photos.Draw(3).Pixels.ToArray(), new Augmenter(AugmentationSpec.None).View(Photos.Draw(3), Hash, 5).Pixels.ToArray());

    [Theory]
    [InlineData(BorderMode.Edge)]
    [InlineData(BorderMode.Reflect)]
    [InlineData(BorderMode.Black)]
    public void Pixels_are_those_of_an_exact_computation(BorderMode border)
    {
        foreach (var (width, height) in new[] { (64, 48), (37, 53), (2, 9), (1, 1), (1, 40) })
        {
            var image = Photos.Draw(4, width, height);
            for (var v = 1; v <= 6; v++)
            {
                var spec = new AugmentationSpec { Rotation = 60, Shift = 0.4, Zoom = 0.8, Shear = 30, Brightness = 0, ChannelShift = 0, Border = border };
                var placement = ImageView.Draw(spec, Hash, v, width, height).Placement;
                var view = new Augmenter(spec).View(image, Hash, v);
                for (var i = 0; i < width * height * 3; i++)
                {
                    var (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
                    var exact = Exact(image, (placement.A * x) + (placement.B * y) + placement.C, (placement.D * x) + (placement.E * y) + placement.F, c, border);

                    // A place is rounded to a 256th of a pixel: half of that in each direction, times the greatest step between neighbours.
                    Assert.InRange(view.Pixels.Span[i], exact - 1.6, exact + 1.6);
                }
            }
        }
    }

    [Fact]
    public void A_placement_is_the_inverse_of_what_it_is_made_of()
    {
        // A quarter turn about the middle of 3 × 3: what is at the right in the view comes from the top, by the y axis that points down.
        var quarter = Affine.About(1, 1, Math.PI / 2, 0, 1, 1, 1, 0, 0);
        Assert.Equal((1.0, 0.0), (Math.Round((quarter.A * 2) + quarter.B + quarter.C, 9), Math.Round((quarter.D * 2) + quarter.E + quarter.F, 9)));
        var zoom = Affine.About(10, 10, 0, 0, 2, 1, 1, 3, 0);
        Assert.Equal((10.0, 10.0, 11.0), ((zoom.A * 13) + (zoom.B * 10) + zoom.C, (zoom.D * 13) + (zoom.E * 10) + zoom.F, (zoom.A * 15) + (zoom.B * 10) + zoom.C));
    }

    [Fact]
    public void Colours_change_by_gain_and_offset_within_their_ranges()
    {
        var image = Photos.Draw(5);
        var spec = AugmentationSpec.None with { Brightness = 0.3, ChannelShift = 20 };
        for (var v = 1; v <= 20; v++)
        {
            var drawn = ImageView.Draw(spec, Hash, v, 96, 72);
            Assert.InRange(drawn.Gain, 0.7f, 1.3f);
            Assert.InRange(drawn.Offsets.Blue, -20, 20);
            var view = new Augmenter(spec).View(image, Hash, v);
            for (var i = 0; i < 300; i++)
            {
                var offset = (i % 3) switch { 0 => drawn.Offsets.Red, 1 => drawn.Offsets.Green, _ => drawn.Offsets.Blue };
                Assert.Equal(Math.Clamp(MathF.Round((image.Pixels.Span[i] * drawn.Gain) + offset), 0, 255), view.Pixels.Span[i]);
            }
        }
    }

    [Fact]
    public void The_key_tells_specs_apart_and_bad_ranges_are_told_all_at_once()
    {
        var keys = new[] { new AugmentationSpec(), new AugmentationSpec { Rotation = 16 }, new AugmentationSpec { Seed = 4 }, new AugmentationSpec { Border = BorderMode.Edge }, AugmentationSpec.None };
        Assert.Equal(keys.Length, keys.Select(static k => k.Key).Distinct().Count());
        Assert.Equal(new AugmentationSpec().Key, new AugmentationSpec().Key);
        var error = Assert.Throws<TarnException>(static () => new Augmenter(new AugmentationSpec { Rotation = 200, Zoom = double.NaN, ChannelShift = -1 }));
        Assert.All(new[] { "Rotation = 200", "Zoom = NaN", "ChannelShift = -1" }, part => Assert.Contains(part, error.Value, StringComparison.Ordinal));
        Assert.Throws<TarnException>(static () => new Augmenter(new AugmentationSpec()).View(Photos.Draw(1), "photo.jpg", 1));
    }

    [Fact]
    public void The_views_of_an_image_are_judged_by_their_mean()
    {
        var mean = TestTimeAugmentation.Mean(new FloatMatrix(4, 2, [0.25f, 0.75f, 0.5f, 0.5f, 1, 0, 0.5f, 0.5f]), 2);
        Assert.Equal([0.375f, 0.625f, 0.75f, 0.25f], mean.Data);
        Assert.Throws<TarnException>(static () => TestTimeAugmentation.Mean(new FloatMatrix(5, 2), 2));
    }

    private static double Exact(RgbImage image, double x, double y, int channel, BorderMode border)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (partX, partY) = (x - left, y - top);
        return (((Value(left, top) * (1 - partX)) + (Value(left + 1, top) * partX)) * (1 - partY)) + (((Value(left, top + 1) * (1 - partX)) + (Value(left + 1, top + 1) * partX)) * partY);

        double Value(int atX, int atY)
        {
            if (border == BorderMode.Black && (atX < 0 || atY < 0 || atX >= image.Width || atY >= image.Height))
            {
                return 0;
            }

            return image.Pixels.Span[(((Place(atY, image.Height) * image.Width) + Place(atX, image.Width)) * 3) + channel];
        }

        int Place(int at, int length)
        {
            while (border == BorderMode.Reflect && length > 1 && (at < 0 || at >= length))
            {
                at = at < 0 ? -at : (2 * (length - 1)) - at;
            }

            return Math.Clamp(at, 0, length - 1);
        }
    }
}
