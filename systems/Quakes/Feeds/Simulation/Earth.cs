namespace Quakes.Feeds.Simulation;

/// <summary>
/// A sketch of where the earth quakes: lines drawn by hand after the great plate boundaries, with rates that make a catalogue
/// of about the USGS's size (some 300 events a day, most of them small and in North America, where the dense networks are).
/// </summary>
internal static class Earth
{
    public static IReadOnlyList<Zone> Zones { get; } =
    [
        new("Northern California", "nc", [-124.4, 40.4, -123.0, 39.0, -122.2, 37.8, -121.2, 36.6, -120.4, 35.9], 9, 0.6, 27, 5),
        new("The Geysers, California", "nc", [-122.85, 38.85, -122.72, 38.78], 3, 0.4, 13, 2),
        new("Long Valley, California", "nc", [-119.0, 37.7, -118.6, 37.4], 8, 0.6, 5, 5),
        new("Southern California", "ci", [-119.2, 34.9, -117.6, 34.3, -116.5, 33.7, -115.7, 32.9], 14, 0.6, 24, 8) { BlastsPerDay = 2.2 },
        new("Ridgecrest, California", "ci", [-117.7, 35.9, -117.4, 35.6], 6, 0.5, 9, 6),
        new("Nevada", "nn", [-119.9, 39.6, -118.2, 38.3, -116.9, 37.0], 28, 0.6, 11, 7) { BlastsPerDay = 0.8 },
        new("Utah", "uu", [-112.0, 41.6, -111.8, 40.4, -112.6, 38.2], 22, 0.7, 5, 6) { BlastsPerDay = 0.7 },
        new("Yellowstone, Wyoming", "uu", [-111.1, 44.8, -110.6, 44.5], 9, 0.4, 4, 5),
        new("Washington", "uw", [-122.2, 48.6, -121.9, 46.9, -122.3, 46.2], 30, 0.7, 5, 10) { BlastsPerDay = 1.2 },
        new("Montana", "mb", [-112.9, 47.0, -111.6, 45.6], 26, 0.9, 2.5, 8) { BlastsPerDay = 0.6 },
        new("New Mexico", "tx", [-104.4, 32.1, -103.4, 31.6], 18, 1.4, 5, 6),
        new("Oklahoma", "ok", [-98.4, 36.4, -97.0, 35.6], 24, 1.4, 3, 6),
        new("New Madrid, Missouri", "nm", [-90.0, 35.6, -89.4, 36.6], 12, 1.4, 0.9, 8),
        new("Central Alaska", "ak", [-154.0, 61.4, -151.0, 62.6, -148.6, 63.2, -145.0, 63.6], 38, 1.3, 27, 30),
        new("Southern Alaska", "ak", [-155.0, 58.0, -152.0, 59.6, -149.0, 61.0, -146.0, 61.0], 34, 1.4, 19, 45) { Offshore = true },
        new("Alaska Peninsula", "av", [-163.9, 54.7, -159.0, 56.0, -155.2, 58.2], 12, 0.5, 4, 4),
        new("Aleutian Islands, Alaska", "us", [172.0, 52.4, 179.0, 51.3], 40, 2.5, 1.6, 40) { Offshore = true },
        new("Andreanof Islands, Alaska", "us", [-179.9, 51.2, -173.0, 51.8, -166.0, 53.2], 40, 2.5, 3, 35) { Offshore = true },
        new("Island of Hawaii, Hawaii", "hv", [-155.6, 19.2, -155.3, 19.3, -155.1, 19.4], 9, 1.5, 21, 8),
        new("Puerto Rico region", "pr", [-67.6, 18.1, -66.8, 17.9, -65.5, 18.8, -64.4, 18.9], 24, 2.0, 8, 20) { Offshore = true },
        new("off the coast of Oregon", "us", [-130.2, 43.9, -127.5, 43.4, -125.4, 40.4], 22, 2.7, 1, 8) { Offshore = true },
        new("Mexico", "us", [-105.5, 19.2, -101.0, 17.4, -97.0, 15.9, -93.5, 14.6], 35, 4.0, 1.5, 25) { Offshore = true },
        new("Central America", "us", [-92.2, 14.2, -89.0, 13.0, -86.0, 11.4, -83.5, 9.0], 35, 4.1, 1.0, 40) { Offshore = true },
        new("Peru", "us", [-80.5, -4.0, -78.0, -10.0, -75.0, -15.5, -71.0, -18.5], 60, 4.2, 1.1, 55) { Offshore = true },
        new("Chile", "us", [-70.6, -19.0, -71.0, -26.0, -71.8, -32.0, -73.4, -38.5], 55, 4.1, 1.7, 40) { Offshore = true },
        new("South Sandwich Islands region", "us", [-30.0, -60.5, -26.0, -59.0, -25.2, -57.0, -27.5, -55.4], 50, 4.3, 0.9, 50) { Offshore = true },
        new("northern Mid-Atlantic Ridge", "us", [-45.0, 15.0, -46.0, 23.0, -37.0, 34.0, -29.5, 40.0, -33.0, 54.0], 25, 4.3, 0.5, 9),
        new("southern Mid-Atlantic Ridge", "us", [-13.5, -10.0, -13.0, -22.0, -14.0, -34.0, -16.0, -45.0], 25, 4.4, 0.4, 9),
        new("Reykjanes Ridge", "us", [-34.0, 57.0, -27.0, 61.0, -22.5, 63.8], 18, 4.2, 0.3, 8),
        new("Greece", "us", [20.2, 39.2, 21.4, 36.8, 24.8, 34.9, 28.0, 36.2], 45, 3.9, 0.9, 14),
        new("Turkey", "us", [27.2, 40.7, 33.0, 40.8, 38.5, 38.6, 36.6, 36.9], 35, 3.9, 0.8, 9),
        new("Iran", "us", [45.5, 36.5, 49.5, 32.5, 54.0, 28.3, 58.2, 27.4], 70, 4.1, 0.9, 11),
        new("Hindu Kush region, Afghanistan", "us", [69.6, 36.2, 70.8, 36.5, 71.6, 37.2], 35, 4.0, 0.9, 130),
        new("Himalaya", "us", [74.0, 34.6, 79.5, 30.8, 85.0, 28.0, 91.5, 27.2, 95.5, 28.6], 70, 4.1, 0.9, 16),
        new("Burma", "us", [94.4, 26.0, 94.6, 22.5, 95.9, 19.5], 50, 4.2, 0.6, 50),
        new("Sumatra, Indonesia", "us", [93.5, 5.5, 97.0, 1.5, 100.0, -2.5, 103.0, -6.0], 55, 4.2, 1.7, 40) { Offshore = true },
        new("Java, Indonesia", "us", [105.0, -7.2, 110.0, -8.8, 115.5, -9.2, 120.5, -9.6], 55, 4.2, 1.4, 60) { Offshore = true },
        new("Banda Sea", "us", [124.0, -8.2, 128.5, -7.2, 130.6, -5.6], 60, 4.2, 1.2, 110) { Offshore = true },
        new("Molucca Sea", "us", [126.4, -0.5, 126.3, 2.4, 126.8, 5.0], 55, 4.2, 1.2, 55) { Offshore = true },
        new("Philippine Islands region", "us", [126.6, 6.0, 125.9, 10.0, 123.5, 13.5, 121.0, 17.5], 50, 4.2, 1.4, 35) { Offshore = true },
        new("Taiwan", "us", [121.0, 22.0, 121.6, 23.6, 122.2, 24.6], 28, 3.9, 0.9, 18) { Offshore = true },
        new("Ryukyu Islands, Japan", "us", [124.0, 24.4, 127.8, 26.2, 130.4, 30.0], 50, 4.2, 0.9, 40) { Offshore = true },
        new("Honshu, Japan", "us", [141.2, 34.5, 142.0, 36.5, 143.0, 38.6, 143.4, 41.0], 60, 4.1, 2.2, 35) { Offshore = true },
        new("Izu Islands, Japan region", "us", [139.9, 33.0, 141.0, 29.0, 142.8, 25.0], 55, 4.3, 0.8, 90) { Offshore = true },
        new("Kuril Islands", "us", [145.5, 43.2, 149.5, 45.2, 155.5, 49.5, 159.8, 53.0], 55, 4.2, 1.6, 45) { Offshore = true },
        new("Mariana Islands region", "us", [144.5, 12.8, 147.2, 16.5, 146.0, 21.0], 55, 4.3, 0.9, 80) { Offshore = true },
        new("Papua New Guinea", "us", [143.5, -3.6, 147.5, -5.6, 151.8, -5.4, 155.0, -6.6], 60, 4.2, 1.9, 50) { Offshore = true },
        new("Solomon Islands", "us", [155.5, -7.0, 159.5, -9.8, 162.5, -10.8], 50, 4.2, 0.9, 40) { Offshore = true },
        new("Vanuatu", "us", [166.4, -12.5, 167.4, -16.5, 169.4, -20.5], 50, 4.2, 1.4, 70) { Offshore = true },
        new("Loyalty Islands", "us", [168.5, -21.8, 171.5, -22.6], 35, 4.3, 0.6, 20) { Offshore = true },
        new("Fiji region", "us", [-179.5, -17.0, -178.4, -19.5, -179.6, -23.5], 70, 4.2, 1.9, 320),
        new("Tonga", "us", [-172.6, -15.2, -174.0, -19.0, -175.8, -23.0], 55, 4.3, 1.8, 50) { Offshore = true },
        new("Kermadec Islands, New Zealand", "us", [-176.2, -25.5, -177.4, -30.0, -178.6, -34.5], 55, 4.3, 1.3, 60) { Offshore = true },
        new("New Zealand", "us", [178.4, -37.8, 176.2, -40.4, 172.6, -42.8, 167.6, -45.4], 45, 4.1, 0.6, 25) { Offshore = true },
        new("Pacific-Antarctic Ridge", "us", [-178.0, -63.0, -150.0, -57.0, -118.0, -50.0], 30, 4.5, 0.5, 10),
        new("central East Pacific Rise", "us", [-113.0, -27.0, -109.0, -10.0, -104.5, 8.0], 25, 4.4, 0.5, 10),
        new("Carlsberg Ridge", "us", [57.0, 11.0, 63.0, 4.5, 67.5, -3.0], 25, 4.4, 0.3, 10),
        new("Southwest Indian Ridge", "us", [28.0, -52.5, 45.0, -42.5, 60.0, -31.0, 69.0, -26.0], 28, 4.5, 0.35, 10),
        new("Ethiopia", "us", [39.4, 8.4, 40.6, 10.6, 41.6, 12.6], 28, 4.2, 0.3, 9),
    ];

    /// <summary>Towns by which a place is described: name, longitude, latitude.</summary>
    public static IReadOnlyList<(string Name, double Longitude, double Latitude)> Towns { get; } =
    [
        ("The Geysers, CA", -122.75, 38.78), ("Cobb, CA", -122.72, 38.82), ("Petrolia, CA", -124.29, 40.33), ("Willits, CA", -123.36, 39.41),
        ("San Jose, CA", -121.89, 37.34), ("Parkfield, CA", -120.43, 35.90), ("Mammoth Lakes, CA", -118.97, 37.65), ("Ridgecrest, CA", -117.67, 35.62),
        ("Searles Valley, CA", -117.40, 35.77), ("Lancaster, CA", -118.14, 34.70), ("San Bernardino, CA", -117.29, 34.11), ("Anza, CA", -116.67, 33.56),
        ("Brawley, CA", -115.53, 32.98), ("Tonopah, Nevada", -117.23, 38.07), ("Carson City, Nevada", -119.77, 39.16), ("Beatty, Nevada", -116.76, 36.91),
        ("Salt Lake City, Utah", -111.89, 40.76), ("Logan, Utah", -111.83, 41.74), ("Beaver, Utah", -112.64, 38.28), ("West Yellowstone, Montana", -111.10, 44.66),
        ("Seattle, Washington", -122.33, 47.61), ("Morton, Washington", -122.28, 46.56), ("Mount Vernon, Washington", -122.33, 48.42), ("Helena, Montana", -112.04, 46.59),
        ("Dillon, Montana", -112.64, 45.22), ("Whites City, New Mexico", -104.38, 32.18), ("Mentone, Texas", -103.60, 31.71), ("Stillwater, Oklahoma", -97.06, 36.12),
        ("Enid, Oklahoma", -97.88, 36.40), ("New Madrid, Missouri", -89.53, 36.59), ("Talkeetna, Alaska", -150.11, 62.32), ("Cantwell, Alaska", -148.95, 63.39),
        ("Denali National Park, Alaska", -148.97, 63.73), ("Anchorage, Alaska", -149.90, 61.22), ("Valdez, Alaska", -146.35, 61.13), ("Homer, Alaska", -151.55, 59.64),
        ("Kodiak, Alaska", -152.41, 57.79), ("Sand Point, Alaska", -160.50, 55.34), ("Adak, Alaska", -176.66, 51.87), ("Atka, Alaska", -174.20, 52.20),
        ("Pāhala, Hawaii", -155.48, 19.20), ("Volcano, Hawaii", -155.24, 19.43), ("Guánica, Puerto Rico", -66.91, 17.97), ("Charlotte Amalie, U.S. Virgin Islands", -64.93, 18.34),
        ("Puerto Madero, Mexico", -92.42, 14.71), ("Pinotepa Nacional, Mexico", -98.05, 16.34), ("Corinto, Nicaragua", -87.17, 12.48), ("Chimbote, Peru", -78.59, -9.07),
        ("Camaná, Peru", -72.71, -16.62), ("Iquique, Chile", -70.15, -20.21), ("Ovalle, Chile", -71.20, -30.60), ("Constitución, Chile", -72.42, -35.33),
        ("Zákynthos, Greece", 20.90, 37.79), ("Néa Anatolí, Greece", 25.61, 35.02), ("Malatya, Turkey", 38.32, 38.35), ("Düzce, Turkey", 31.16, 40.84),
        ("Bandar Abbas, Iran", 56.29, 27.18), ("Ashkāsham, Afghanistan", 71.53, 36.68), ("Kathmandu, Nepal", 85.32, 27.70), ("Srinagar, India", 74.80, 34.08),
        ("Banda Aceh, Indonesia", 95.32, 5.55), ("Bengkulu, Indonesia", 102.26, -3.80), ("Padang, Indonesia", 100.35, -0.95), ("Ambon, Indonesia", 128.19, -3.70),
        ("Ternate, Indonesia", 127.38, 0.79), ("Davao, Philippines", 125.61, 7.07), ("Hualien City, Taiwan", 121.60, 23.98), ("Naha, Japan", 127.68, 26.21),
        ("Ishinomaki, Japan", 141.30, 38.43), ("Hachinohe, Japan", 141.49, 40.51), ("Severo-Kuril'sk, Russia", 156.12, 50.68), ("Kimbe, Papua New Guinea", 150.14, -5.55),
        ("Lae, Papua New Guinea", 147.00, -6.73), ("Honiara, Solomon Islands", 159.95, -9.43), ("Port-Vila, Vanuatu", 168.32, -17.73), ("Isangel, Vanuatu", 169.27, -19.55),
        ("Neiafu, Tonga", -173.98, -18.65), ("Gisborne, New Zealand", 178.00, -38.65), ("Kaikōura, New Zealand", 173.68, -42.40),
    ];

    /// <summary>The place in the USGS's words: so many kilometres in a direction from a town, else the zone's own name.</summary>
    public static string Describe(double longitude, double latitude, Zone zone)
    {
        var nearest = (Name: "", Km: 180.0, Degrees: 0.0);
        foreach (var (name, townLongitude, townLatitude) in Towns)
        {
            var east = (longitude - townLongitude) * Math.Cos(latitude * Math.PI / 180) * 111.2;
            var north = (latitude - townLatitude) * 111.2;
            var km = Math.Sqrt((east * east) + (north * north));
            if (km < nearest.Km)
            {
                nearest = (name, km, Math.Atan2(east, north) * 180 / Math.PI);
            }
        }

        if (nearest.Name.Length == 0)
        {
            return zone.Name;
        }

        string[] points = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
        var point = points[(int)Math.Round(((nearest.Degrees + 360) % 360) / 22.5) % 16];
        return $"{Math.Max(1, Math.Round(nearest.Km)):0} km {point} of {nearest.Name}";
    }
}
