using Pizza;
using Quakes;
using Tarn;

var tarn = TarnApp.CreateBuilder(args);
tarn.AddQuakes();
tarn.AddPizza();
return await tarn.Build().RunAsync();
